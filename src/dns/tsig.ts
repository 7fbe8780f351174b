/** Signed messages (RFC 8945). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { EversealError, type Secret } from '../core/index.ts';
import { rcodeCode } from './codec/codes.ts';
import { readMessage } from './codec/decode.ts';
import { encodeMessage } from './codec/encode.ts';
import { WireWriter } from './codec/wire-writer.ts';
import type { DnsMessage, ResourceRecord } from './message.ts';
import { canonicalName, sameName } from './name.ts';
import { algorithmOfWireName, type TsigAlgorithm, tsigAlgorithms } from './tsig-algorithm.ts';

/** RFC 8945 §10. */
const defaultFudgeSeconds = 300;
const anyClass = 255;

/** A secret that two sides share. */
export interface TsigKey {
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  /** Base64, as key files and DNS servers' settings hold it. */
  readonly secret: Secret;
}

export type TsigRecord = ResourceRecord & { readonly type: 'TSIG' };

export interface SignOptions {
  /** MAC of the request that the message replies to (RFC 8945 §5.4.1). */
  readonly requestMac?: Uint8Array;
  /** How many seconds the clocks may be apart. Default 300. */
  readonly fudgeSeconds?: number;
  /** Only the first octets of the MAC are sent (RFC 8945 §5.2.2.1). Default: all. */
  readonly macOctets?: number;
  /** What a server tells of the request's signature. `BADTIME` carries the server's time (RFC 8945 §5.2.3). */
  readonly error?: 'BADTIME' | 'BADTRUNC';
  /** Seconds since 1970. Default: `now`. */
  readonly timeSigned?: number;
}

/** What a signature is worth. `message` has no TSIG record any more. */
export type TsigVerdict =
  | {
      readonly status: 'valid';
      readonly message: DnsMessage;
      readonly signature: TsigRecord;
      readonly key: TsigKey;
      readonly mac: Uint8Array;
    }
  | { readonly status: 'missing'; readonly message: DnsMessage }
  | TsigFault;

/** A signature that is not accepted. `BADTIME` and `BADTRUNC` are said of one whose MAC is right. */
export interface TsigFault {
  readonly status: 'BADKEY' | 'BADSIG' | 'BADTIME' | 'BADTRUNC' | 'FORMERR';
  readonly message: DnsMessage;
  readonly signature: TsigRecord;
  /** The key that the signature names, if it is known. */
  readonly key?: TsigKey;
}

/**
 * Signs a message. The MAC is what the signature of a reply starts from.
 *
 * @throws EversealError `bad-key` when the key's secret is not base64
 * @throws TypeError as `encodeMessage`
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * import { newMessage, signMessage, verifyMessage } from 'everseal/dns';
 * const key = { name: 'update.', algorithm: 'hmac-sha256', secret: new Secret('c2VjcmV0') } as const;
 * const now = new Date('2030-01-01');
 * const { data } = signMessage(newMessage({ id: 7 }), key, now);
 * console.log(verifyMessage(data, { keys: [key], now }).status); // valid
 * ```
 */
export function signMessage(
  message: DnsMessage,
  key: TsigKey,
  now: Date,
  options: SignOptions = {},
): { readonly data: Uint8Array; readonly mac: Uint8Array } {
  const unsigned = signatureOf(message, key.name, tsigAlgorithms[key.algorithm].wireName, {
    timeSigned: options.timeSigned ?? secondsOf(now),
    fudge: options.fudgeSeconds ?? defaultFudgeSeconds,
    error: rcodeCode(options.error ?? 'NOERROR'),
    other: options.error === 'BADTIME' ? octetsOfTime(secondsOf(now)) : new Uint8Array(),
  });
  const mac = macOf(encodeMessage(message), unsigned, key, options.requestMac).slice(0, options.macOctets);
  return { data: withSignature(message, { ...unsigned, mac }), mac };
}

/**
 * What a server answers to a signature that it does not accept: NOTAUTH with the reason, signed only where the key is proved
 * (RFC 8945 §5.2, §5.3.2); FORMERR without a signature for one of a wrong form.
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * import { decodeMessage, newMessage, refuseSignature, signMessage, verifyMessage } from 'everseal/dns';
 * const key = { name: 'update.', algorithm: 'hmac-sha256', secret: new Secret('c2VjcmV0') } as const;
 * const now = new Date('2030-01-01');
 * const verdict = verifyMessage(signMessage(newMessage({ id: 7 }), key, now).data, { keys: [], now });
 * if (verdict.status === 'BADKEY') {
 *   const reply = refuseSignature(newMessage({ id: 7, response: true }), verdict, now);
 *   console.log(decodeMessage(reply).rcode); // NOTAUTH
 * }
 * ```
 */
export function refuseSignature(reply: DnsMessage, fault: TsigFault, now: Date): Uint8Array {
  const { status, signature, key } = fault;
  if (status === 'FORMERR') return encodeMessage({ ...reply, rcode: 'FORMERR' });
  const refusal: DnsMessage = { ...reply, rcode: 'NOTAUTH' };
  if ((status === 'BADTIME' || status === 'BADTRUNC') && key !== undefined) {
    const { mac: requestMac, timeSigned, fudge: fudgeSeconds } = signature;
    return signMessage(refusal, key, now, { requestMac, timeSigned, fudgeSeconds, error: status }).data;
  }
  const { timeSigned, fudge } = signature;
  const fields = { timeSigned, fudge, error: rcodeCode(status), other: new Uint8Array() };
  return withSignature(refusal, signatureOf(refusal, signature.name, signature.algorithm, fields));
}

/**
 * Checks the signature of a message: the key, then the MAC (in constant time), then the time, then whether it is cut shorter
 * than allowed (RFC 8945 §5.2). For a reply, `requestMac` is the request's.
 *
 * @throws EversealError `bad-reply` when the message is malformed, `bad-key` when a key's secret is not base64
 *
 * @example
 * ```ts
 * import { encodeMessage, newMessage, verifyMessage } from 'everseal/dns';
 * const { status } = verifyMessage(encodeMessage(newMessage({})), { keys: [], now: new Date('2030-01-01') });
 * console.log(status); // missing
 * ```
 */
export function verifyMessage(
  data: Uint8Array,
  options: {
    readonly keys: readonly TsigKey[];
    readonly now: Date;
    readonly requestMac?: Uint8Array;
    /** Whether a MAC that is cut (to no less than half of it and ten octets) will do. Default `accepted`. */
    readonly truncatedMacs?: 'accepted' | 'refused';
  },
): TsigVerdict {
  const { message: whole, lastAdditional } = readMessage(data);
  const records = [...whole.answers, ...whole.authorities, ...whole.additionals];
  const signature = records.find(isSignature);
  if (signature === undefined) return { status: 'missing', message: whole };
  const message = { ...whole, additionals: whole.additionals.filter((record) => !isSignature(record)) };
  const key = options.keys.find((candidate) => isKeyOf(candidate, signature));
  const found = { message, signature, ...(key && { key }) };
  // RFC 8945 §5.1: one, and the last of all.
  if (records.filter(isSignature).length > 1 || whole.additionals.at(-1) !== signature)
    return { status: 'FORMERR', ...found };
  if (key === undefined) return { status: 'BADKEY', ...found };
  const { macOctets } = tsigAlgorithms[key.algorithm];
  const { mac } = signature;
  if (mac.length === 0) return { status: 'BADSIG', ...found };
  if (mac.length > macOctets || mac.length < Math.max(10, macOctets / 2)) return { status: 'FORMERR', ...found };
  const right = macOf(withoutSignature(data, lastAdditional, signature), signature, key, options.requestMac);
  if (!timingSafeEqual(right.slice(0, mac.length), mac)) return { status: 'BADSIG', ...found };
  if (Math.abs(secondsOf(options.now) - signature.timeSigned) > signature.fudge) return { status: 'BADTIME', ...found };
  if (mac.length < macOctets && options.truncatedMacs === 'refused') return { status: 'BADTRUNC', ...found };
  return { status: 'valid', message, signature, key, mac };
}

/**
 * The server's time that came with BADTIME; undefined when it did not.
 *
 * @example
 * ```ts
 * import { serverTimeOf } from 'everseal/dns';
 * console.log(serverTimeOf({ other: new Uint8Array(6) })?.getTime()); // 0
 * ```
 */
export function serverTimeOf({ other }: Pick<TsigRecord, 'other'>): Date | undefined {
  return other.length === 6 ? new Date(Buffer.from(other).readUIntBE(0, 6) * 1000) : undefined;
}

/** The octets of the key. @throws EversealError `bad-key` */
export function tsigSecretOctets({ name, secret }: Pick<TsigKey, 'name' | 'secret'>): Uint8Array {
  const text = secret.reveal().replace(/\s/g, '');
  if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(text) && text !== '')
    return Uint8Array.from(Buffer.from(text, 'base64'));
  throw new EversealError('bad-key', `The secret of the TSIG key ${name} is not base64`, {
    next: 'Copy the secret from the key file or the settings of the DNS server, without quotes.',
  });
}

function isSignature(record: ResourceRecord): record is TsigRecord {
  return record.type === 'TSIG';
}

function isKeyOf(key: TsigKey, signature: TsigRecord): boolean {
  return sameName(key.name, signature.name) && key.algorithm === algorithmOfWireName(signature.algorithm);
}

function signatureOf(
  message: DnsMessage,
  name: string,
  algorithm: string,
  fields: Pick<TsigRecord, 'timeSigned' | 'fudge' | 'error' | 'other'>,
): TsigRecord {
  const mac = new Uint8Array();
  return { type: 'TSIG', name, class: 'ANY', ttl: 0, algorithm, mac, originalId: message.id, ...fields };
}

/** RFC 8945 §4.3: request MAC, message, and what the signature says. */
function macOf(message: Uint8Array, signature: TsigRecord, key: TsigKey, requestMac?: Uint8Array): Uint8Array {
  const writer = new WireWriter();
  writer.plainName(canonicalName(signature.name));
  writer.u16(anyClass);
  writer.u32(0);
  writer.plainName(canonicalName(signature.algorithm));
  writer.u48(signature.timeSigned);
  writer.u16(signature.fudge);
  writer.u16(signature.error);
  writer.u16(signature.other.length);
  writer.octets(signature.other);
  const hmac = createHmac(tsigAlgorithms[key.algorithm].hash, tsigSecretOctets(key));
  if (requestMac !== undefined)
    hmac.update(Uint8Array.of(requestMac.length >> 8, requestMac.length)).update(requestMac);
  return Uint8Array.from(hmac.update(message).update(writer.finish()).digest());
}

function withSignature(message: DnsMessage, signature: TsigRecord): Uint8Array {
  return encodeMessage({ ...message, additionals: [...message.additionals, signature] });
}

/** What was signed: the message before the signature came to it, under the id it had then (RFC 8945 §5.2.2). */
function withoutSignature(data: Uint8Array, lastAdditional: number, { originalId }: TsigRecord): Uint8Array {
  const message = Buffer.from(data.slice(0, lastAdditional));
  message.writeUInt16BE(originalId, 0);
  message.writeUInt16BE(message.readUInt16BE(10) - 1, 10);
  return Uint8Array.from(message);
}

function secondsOf(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}

function octetsOfTime(seconds: number): Uint8Array {
  const octets = Buffer.alloc(6);
  octets.writeUIntBE(seconds, 0, 6);
  return Uint8Array.from(octets);
}
