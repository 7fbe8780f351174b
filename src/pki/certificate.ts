/** Certificates, read (RFC 5280). */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  ExtendedKeyUsage,
  type Extension,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  type TBSCertificate,
  Certificate as X509Structure,
} from '@peculiar/asn1-x509';
import { type Identifier, type KeyAlgorithm, keyAlgorithmOf } from '../core/index.ts';
import { isMustStaple } from './certificate-extensions.ts';
import { badDer, parseDer, reading, toDer } from './der.ts';
import { commonNameOf, formatName } from './distinguished-name.ts';
import { pemBlocks, pemEncode } from './pem-blocks.ts';
import { readAlternativeNames, textIdentifier } from './subject-alternative-name.ts';

export interface Certificate {
  readonly der: Uint8Array;
  readonly pem: string;
  /** DNS names in lower case and addresses in canonical text; without alternative names the common name. */
  readonly identifiers: readonly Identifier[];
  readonly emails: readonly string[];
  readonly commonName: string | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** RFC 4514. */
  readonly issuer: string;
  readonly issuerDer: Uint8Array;
  readonly issuerCommonName: string | undefined;
  /** RFC 4514. */
  readonly subject: string;
  readonly subjectDer: Uint8Array;
  /** Lower-case hexadecimal of the DER content octets: a leading `00` stays. */
  readonly serial: string;
  readonly authorityKeyId: Uint8Array | undefined;
  readonly subjectKeyId: Uint8Array | undefined;
  readonly publicKey: KeyObject;
  /** undefined for a kind or size that has no name of ours. */
  readonly keyAlgorithm: KeyAlgorithm | undefined;
  /** The basic constraints say so. */
  readonly isCa: boolean;
  /** How many intermediates may follow below this CA; undefined: any number. */
  readonly pathLength: number | undefined;
  /** A CA whose key usage, when it has one, allows signing certificates. */
  readonly mayIssue: boolean;
  readonly mustStaple: boolean;
  /** OIDs; empty when the extension is absent. */
  readonly extendedKeyUsage: readonly string[];
  /** Every extension by its OID: the content octets of its value. */
  readonly extensions: ReadonlyMap<string, { readonly critical: boolean; readonly value: Uint8Array }>;
  /** OID of the algorithm that the issuer signed with. */
  readonly signatureAlgorithm: string;
  /** SHA-256 of the DER, lower-case hexadecimal. */
  readonly fingerprint: string;
}

const what = 'certificate';

/**
 * Reads one certificate: DER, or PEM of which the first `CERTIFICATE` block counts. No signature is checked.
 *
 * @throws EversealError `bad-certificate`
 *
 * @example
 * ```ts
 * import { rootCertificates } from 'node:tls';
 * import { readCertificate } from 'everseal/pki';
 * const root = readCertificate(rootCertificates[0] ?? '');
 * console.log(root.subject, root.notAfter.toISOString());
 * ```
 */
export function readCertificate(source: string | Uint8Array): Certificate {
  const der = typeof source === 'string' ? derOfPem(source) : source;
  return reading(what, () => certificateOf(der));
}

function certificateOf(der: Uint8Array): Certificate {
  const structure = parseDer(der, X509Structure, what);
  const { tbsCertificate: tbs, signatureAlgorithm } = structure;
  if (tbs.signature.algorithm !== signatureAlgorithm.algorithm) throw badDer(what, 'it names two signature algorithms');
  const extensions = extensionsOf(tbs);
  const publicKey = publicKeyOf(tbs);
  return {
    der,
    pem: pemEncode('CERTIFICATE', der),
    ...namesOf(tbs, extensions),
    notBefore: dateOf(tbs.validity.notBefore),
    notAfter: dateOf(tbs.validity.notAfter),
    serial: Buffer.from(tbs.serialNumber).toString('hex'),
    ...keyIdsOf(extensions),
    publicKey,
    keyAlgorithm: keyAlgorithmOf(publicKey),
    ...constraintsOf(extensions),
    mustStaple: [...extensions].some(([oid, { value }]) => isMustStaple(oid, value)),
    extendedKeyUsage: [...(parsed(extensions, id_ce_extKeyUsage, ExtendedKeyUsage) ?? [])],
    extensions,
    signatureAlgorithm: signatureAlgorithm.algorithm,
    fingerprint: createHash('sha256').update(der).digest('hex'),
  };
}

function derOfPem(pem: string): Uint8Array {
  const block = pemBlocks(pem).find(({ label }) => label === 'CERTIFICATE');
  if (block === undefined) throw badDer(what, 'the text holds none');
  return block.der;
}

type ExtensionMap = Certificate['extensions'];

function extensionsOf(tbs: TBSCertificate): ExtensionMap {
  const list: readonly Extension[] = [...(tbs.extensions ?? [])];
  const map = new Map(
    list.map(({ extnID, critical, extnValue }) => [extnID, { critical, value: new Uint8Array(extnValue.buffer) }]),
  );
  if (map.size !== list.length) throw badDer(what, 'it has an extension twice');
  return map;
}

function parsed<T>(extensions: ExtensionMap, oid: string, structure: new () => T): T | undefined {
  const found = extensions.get(oid);
  return found === undefined ? undefined : parseDer(found.value, structure, `${what} extension ${oid}`);
}

function namesOf(tbs: TBSCertificate, extensions: ExtensionMap) {
  const names = readAlternativeNames(parsed(extensions, id_ce_subjectAltName, SubjectAlternativeName));
  const commonName = commonNameOf(tbs.subject);
  const withoutNames = !extensions.has(id_ce_subjectAltName) && commonName !== undefined;
  return {
    identifiers: withoutNames ? [textIdentifier(commonName)] : names.identifiers,
    emails: names.emails,
    commonName,
    issuer: formatName(tbs.issuer),
    issuerDer: toDer(tbs.issuer),
    issuerCommonName: commonNameOf(tbs.issuer),
    subject: formatName(tbs.subject),
    subjectDer: toDer(tbs.subject),
  };
}

function keyIdsOf(extensions: ExtensionMap) {
  const authority = parsed(extensions, id_ce_authorityKeyIdentifier, AuthorityKeyIdentifier)?.keyIdentifier;
  const subject = parsed(extensions, id_ce_subjectKeyIdentifier, SubjectKeyIdentifier);
  return {
    authorityKeyId: authority && new Uint8Array(authority.buffer),
    subjectKeyId: subject && new Uint8Array(subject.buffer),
  };
}

function constraintsOf(extensions: ExtensionMap) {
  const basic = parsed(extensions, id_ce_basicConstraints, BasicConstraints);
  const usage = parsed(extensions, id_ce_keyUsage, KeyUsage);
  const isCa = basic?.cA === true;
  const pathLength = basic?.pathLenConstraint;
  return {
    isCa,
    pathLength: pathLength === undefined ? undefined : Number(pathLength),
    mayIssue: isCa && (usage === undefined || (usage.toNumber() & KeyUsageFlags.keyCertSign) !== 0),
  };
}

function publicKeyOf(tbs: TBSCertificate): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(toDer(tbs.subjectPublicKeyInfo)), format: 'der', type: 'spki' });
  } catch (cause) {
    throw badDer(what, 'its public key cannot be used', cause);
  }
}

function dateOf(time: { getTime(): Date }): Date {
  const date = time.getTime();
  if (Number.isNaN(date.getTime())) throw badDer(what, 'it has a date that does not exist');
  return date;
}
