/** Numbers of types, classes, opcodes and rcodes, and the names they have here. */
import {
  type DnsMessage,
  opcodes,
  type Opcode,
  type QueryType,
  type Rcode,
  rcodes,
  type RecordClass,
} from '../message.ts';
import { codeOfKnownType, isKnownType, knownTypeOf } from './record-formats.ts';

const queryTypes = { AXFR: 252, ANY: 255 } as const;
const classes = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const;

const namesOfQueryTypes = inverse(queryTypes);
const namesOfClasses = inverse(classes);
const namesOfOpcodes = inverse<Opcode>(opcodes);
const namesOfRcodes = inverse<keyof typeof rcodes>(rcodes);

/** The OPT pseudo-record (RFC 6891 §6.1.2). */
export const optCode = 41;

/**
 * The number of a type (RFC 1035 §3.2.2 and the registry).
 *
 * @example
 * ```ts
 * import { typeCode } from 'everseal/dns';
 * console.log(typeCode('TXT'), typeCode(65)); // 16 65
 * ```
 */
export function typeCode(type: QueryType): number {
  if (typeof type === 'number') return type;
  return isKnownType(type) ? codeOfKnownType(type) : queryTypes[type];
}

/**
 * The name of a type, for texts: `TYPE65` when it has none here (RFC 3597 §5).
 *
 * @example
 * ```ts
 * import { typeName } from 'everseal/dns';
 * console.log(typeName(16), typeName(65)); // TXT TYPE65
 * ```
 */
export function typeName(code: number): string {
  const type = queryTypeOf(code);
  return typeof type === 'number' ? `TYPE${type}` : type;
}

/** The type with this number, as a question holds it. */
export function queryTypeOf(code: number): QueryType {
  return knownTypeOf(code) ?? namesOfQueryTypes.get(code) ?? code;
}

export function classCode(recordClass: RecordClass): number {
  return typeof recordClass === 'number' ? recordClass : classes[recordClass];
}

export function classOf(code: number): RecordClass {
  return namesOfClasses.get(code) ?? code;
}

export function opcodeCode(opcode: DnsMessage['opcode']): number {
  return typeof opcode === 'number' ? opcode : opcodes[opcode];
}

export function opcodeOf(code: number): DnsMessage['opcode'] {
  return namesOfOpcodes.get(code) ?? code;
}

/**
 * The number of an rcode.
 *
 * @example
 * ```ts
 * import { rcodeCode } from 'everseal/dns';
 * console.log(rcodeCode('REFUSED'), rcodeCode('RCODE23')); // 5 23
 * ```
 */
export function rcodeCode(rcode: Rcode): number {
  return isNamedRcode(rcode) ? rcodes[rcode] : Number(rcode.slice('RCODE'.length));
}

/**
 * The rcode with this number. 16 is `BADSIG`, as in TSIG; in an EDNS reply it means BADVERS (RFC 6891 §9).
 *
 * @example
 * ```ts
 * import { rcodeOf } from 'everseal/dns';
 * console.log(rcodeOf(3), rcodeOf(23)); // NXDOMAIN RCODE23
 * ```
 */
export function rcodeOf(code: number): Rcode {
  return namesOfRcodes.get(code) ?? `RCODE${code}`;
}

function isNamedRcode(rcode: Rcode): rcode is keyof typeof rcodes {
  return Object.hasOwn(rcodes, rcode);
}

function inverse<Name extends string>(codes: Readonly<Record<Name, number>>): ReadonlyMap<number, Name> {
  return new Map(Object.entries<number>(codes).map(([name, code]) => [code, name as Name]));
}
