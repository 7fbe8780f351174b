/** Names of subjects and issuers: built, and shown as RFC 4514 has it. */
import { AttributeTypeAndValue, AttributeValue, Name, RelativeDistinguishedName } from '@peculiar/asn1-x509';
import { EversealError } from '../core/index.ts';
import { toDer } from './der.ts';

/** One attribute of a distinguished name. */
export interface NameAttribute {
  readonly type: 'CN' | 'L' | 'ST' | 'O' | 'OU' | 'C' | 'STREET' | 'DC' | 'UID';
  readonly value: string;
}

/** From the most significant attribute (`C`) to the least (`CN`), as in the certificate. */
export type DistinguishedName = readonly NameAttribute[];

/** RFC 4514 §3 with the upper bounds of RFC 5280 appendix A.1, in characters. */
const attributes: Readonly<Record<NameAttribute['type'], { readonly oid: string; readonly maximum: number }>> = {
  CN: { oid: '2.5.4.3', maximum: 64 },
  L: { oid: '2.5.4.7', maximum: 128 },
  ST: { oid: '2.5.4.8', maximum: 128 },
  O: { oid: '2.5.4.10', maximum: 64 },
  OU: { oid: '2.5.4.11', maximum: 64 },
  C: { oid: '2.5.4.6', maximum: 2 },
  STREET: { oid: '2.5.4.9', maximum: 128 },
  DC: { oid: '0.9.2342.19200300.100.1.25', maximum: 63 },
  UID: { oid: '0.9.2342.19200300.100.1.1', maximum: 256 },
};

const shortNames = new Map(Object.entries(attributes).map(([name, { oid }]) => [oid, name]));

/** @throws EversealError `bad-identifier` when an attribute is empty or longer than X.520 allows */
export function buildName(name: DistinguishedName): Name {
  return new Name(name.map((attribute) => new RelativeDistinguishedName([buildAttribute(attribute)])));
}

function buildAttribute({ type, value }: NameAttribute): AttributeTypeAndValue {
  const { oid, maximum } = attributes[type];
  const length = [...value].length;
  if (length === 0 || length > maximum) {
    throw new EversealError(
      'bad-identifier',
      `${type} in a subject must have 1 to ${maximum} characters, not ${length}`,
      {
        next:
          type === 'CN' ? 'Leave the common name out: clients look at the subject alternative names.' : 'Shorten it.',
      },
    );
  }
  return new AttributeTypeAndValue({ type: oid, value: buildValue(type, value) });
}

/** Country codes and domain components have their own string types (RFC 5280 §4.1.2.4, appendix A.1). */
function buildValue(type: NameAttribute['type'], value: string): AttributeValue {
  if (type === 'C') return new AttributeValue({ printableString: value });
  if (type === 'DC') return new AttributeValue({ ia5String: value });
  return new AttributeValue({ utf8String: value });
}

/** RFC 4514: the last attribute first, special characters escaped, unknown types by OID and hexadecimal DER. */
export function formatName(name: Name): string {
  return [...name]
    .reverse()
    .map((rdn) => [...rdn].map(formatAttribute).join('+'))
    .join(',');
}

function formatAttribute({ type, value }: AttributeTypeAndValue): string {
  const short = shortNames.get(type);
  if (short === undefined || value.anyValue !== undefined) {
    return `${short ?? type}=#${Buffer.from(toDer(value)).toString('hex')}`;
  }
  return `${short}=${escapeValue(value.toString())}`;
}

/** RFC 4514 §2.4; control characters too, so that the text stays in one line. */
function escapeValue(value: string): string {
  const special = value.replace(/[",+;<>\\]|^[ #]|(?!^) $/g, '\\$&');
  return special.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/gu, hexEscape);
}

function hexEscape(character: string): string {
  return [...Buffer.from(character, 'utf8')].map((octet) => `\\${octet.toString(16).padStart(2, '0')}`).join('');
}

/** The last common name: the most specific one. */
export function commonNameOf(name: Name): string | undefined {
  const all = [...name].flatMap((rdn) => [...rdn]).filter(({ type }) => type === attributes.CN.oid);
  return all.at(-1)?.value.toString() || undefined;
}
