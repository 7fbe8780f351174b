import { GeneralName, SubjectAlternativeName } from '@peculiar/asn1-x509';
import { EversealError, formatIpAddress, type Identifier, identifierKey, parseIpAddress } from '../core/index.ts';

/** What we understand of a subject alternative name (RFC 5280 §4.2.1.6). */
export interface AlternativeNames {
  readonly identifiers: readonly Identifier[];
  readonly emails: readonly string[];
}

/** @throws EversealError `bad-identifier` when a name is not printable ASCII or an address is none */
export function buildAlternativeNames(names: AlternativeNames): SubjectAlternativeName {
  const emails = names.emails.map((email) => new GeneralName({ rfc822Name: ascii(email) }));
  return new SubjectAlternativeName([...names.identifiers.map(generalName), ...emails]);
}

/** The name as X.509 has it. */
export function generalName({ type, value }: Identifier): GeneralName {
  if (type === 'dns') return new GeneralName({ dNSName: ascii(value) });
  const octets = parseIpAddress(value);
  if (octets === undefined) throw new EversealError('bad-identifier', `"${value}" is not an IP address`);
  return new GeneralName({ iPAddress: formatIpAddress(octets) });
}

export function readAlternativeNames(names: SubjectAlternativeName | undefined): AlternativeNames {
  const all = [...(names ?? [])];
  return {
    identifiers: distinct(all.flatMap(identifierOf)),
    emails: all.flatMap(({ rfc822Name }) => (rfc822Name === undefined ? [] : [rfc822Name])),
  };
}

function identifierOf({ dNSName, iPAddress }: GeneralName): readonly Identifier[] {
  if (dNSName !== undefined) return [{ type: 'dns', value: dNSName.toLowerCase() }];
  return iPAddress !== undefined && parseIpAddress(iPAddress) !== undefined ? [textIdentifier(iPAddress)] : [];
}

/** A name or address from a common name, where nothing says which it is. */
export function textIdentifier(text: string): Identifier {
  const octets = parseIpAddress(text);
  if (octets === undefined) return { type: 'dns', value: text.toLowerCase() };
  return { type: 'ip', value: formatIpAddress(octets) };
}

/** Each identifier once, at its first place. */
export function distinct(identifiers: readonly Identifier[]): readonly Identifier[] {
  return [...new Map(identifiers.map((identifier) => [identifierKey(identifier), identifier])).values()];
}

function ascii(text: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new EversealError('bad-identifier', 'A name in a certificate must be ASCII text without spaces', {
    next: 'Use the A-label (xn--…) form.',
  });
}
