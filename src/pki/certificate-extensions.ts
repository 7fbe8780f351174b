/** The extensions of certificates that we write, each with the criticality of its RFC. */
import { createHash, type KeyObject } from 'node:crypto';
import { AsnArray, AsnPropTypes, AsnType, AsnTypeTypes, OctetString } from '@peculiar/asn1-schema';
import {
  AccessDescription,
  AuthorityInfoAccessSyntax,
  AuthorityKeyIdentifier,
  BasicConstraints,
  CertificatePolicies,
  CRLDistributionPoints,
  DistributionPoint,
  DistributionPointName,
  ExtendedKeyUsage,
  Extension,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_certificatePolicies,
  id_ce_cRLDistributionPoints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_pe_authorityInfoAccess,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  NameConstraints,
  PolicyInformation,
  SubjectKeyIdentifier,
} from '@peculiar/asn1-x509';
import type { Identifier } from '../core/index.ts';
import { parseDer, toDer } from './der.ts';
import { buildAlternativeNames } from './subject-alternative-name.ts';
import { subjectPublicKeyInfo, toArrayBuffer } from './x509-signature.ts';

/** Object identifiers that are not in the library, and those that callers name. */
export const oids = {
  /** RFC 2985 §5.4.2. */
  extensionRequest: '1.2.840.113549.1.9.14',
  /** RFC 7633 §6. */
  tlsFeature: '1.3.6.1.5.5.7.1.24',
  /** RFC 8737 §6.1. */
  acmeIdentifier: '1.3.6.1.5.5.7.1.31',
  /** Extended key usages (RFC 5280 §4.2.1.12). */
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  anyExtendedKeyUsage: '2.5.29.37.0',
  /** Access methods (RFC 5280 §4.2.2.1). */
  ocsp: '1.3.6.1.5.5.7.48.1',
  caIssuers: '1.3.6.1.5.5.7.48.2',
} as const;

const keyUsageBits = {
  digitalSignature: KeyUsageFlags.digitalSignature,
  keyEncipherment: KeyUsageFlags.keyEncipherment,
  keyAgreement: KeyUsageFlags.keyAgreement,
  keyCertSign: KeyUsageFlags.keyCertSign,
  cRLSign: KeyUsageFlags.cRLSign,
} as const;

export type KeyUsageName = keyof typeof keyUsageBits;

/** What a new certificate says beyond its names and key. What is undefined or empty is left out. */
export interface CertificateExtensions {
  /** Critical exactly when the subject is empty (RFC 5280 §4.2.1.6). */
  readonly identifiers?: readonly Identifier[];
  readonly emails?: readonly string[];
  /** Critical. `pathLength`: how many intermediates may follow. */
  readonly basicConstraints?: { readonly ca: boolean; readonly pathLength?: number };
  /** Critical. */
  readonly keyUsage?: readonly KeyUsageName[];
  /** OIDs, such as {@link oids}.serverAuth. */
  readonly extendedKeyUsage?: readonly string[];
  readonly subjectKeyId?: Uint8Array;
  readonly authorityKeyId?: Uint8Array;
  /** RFC 7633. */
  readonly mustStaple?: boolean;
  /** 32 octets of `tlsAlpn01Digest`; critical (RFC 8737 §3). */
  readonly acmeIdentifier?: Uint8Array;
  readonly crlUrls?: readonly string[];
  readonly ocspUrls?: readonly string[];
  /** Where the issuer's certificate can be had. */
  readonly issuerUrls?: readonly string[];
  /** Policy OIDs. */
  readonly policies?: readonly string[];
  /** Domain suffixes that the certificates below may or may not hold; critical (RFC 5280 §4.2.1.10). */
  readonly nameConstraints?: { readonly permittedDns?: readonly string[]; readonly excludedDns?: readonly string[] };
}

/**
 * The key identifier of RFC 7093 §2 method 1: the first 160 bits of the SHA-256 of the key's BIT STRING.
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { keyIdentifier } from 'everseal/pki';
 * console.log(keyIdentifier(generateKeyPairSync('ed25519').publicKey).length); // 20
 * ```
 */
export function keyIdentifier(publicKey: KeyObject): Uint8Array {
  const bits = new Uint8Array(subjectPublicKeyInfo(publicKey).subjectPublicKey);
  return new Uint8Array(createHash('sha256').update(bits).digest().subarray(0, 20));
}

interface RawExtension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

export function extension({ oid, critical, value }: RawExtension): Extension {
  return new Extension({ extnID: oid, critical, extnValue: new OctetString(toArrayBuffer(value)) });
}

/** RFC 7633 §4.1: a SEQUENCE OF INTEGER, the numbers being those of TLS extensions. */
class TlsFeatures extends AsnArray<number> {}
AsnType({ type: AsnTypeTypes.Sequence, itemType: AsnPropTypes.Integer })(TlsFeatures);

const statusRequest = 5;

export function mustStapleExtension(): Extension {
  return extension({ oid: oids.tlsFeature, critical: false, value: toDer(new TlsFeatures([statusRequest])) });
}

/** Whether this is the TLS feature extension and names status_request, alone or among others. */
export function isMustStaple(oid: string, value: Uint8Array): boolean {
  return oid === oids.tlsFeature && [...parseDer(value, TlsFeatures, 'TLS feature extension')].includes(statusRequest);
}

/** All extensions of a certificate, in the order in which they are written. */
export function buildExtensions(wanted: CertificateExtensions, emptySubject: boolean): readonly Extension[] {
  const all = [
    encoded(id_ce_basicConstraints, wanted.basicConstraints, basicConstraints, 'critical'),
    encoded(id_ce_keyUsage, filled(wanted.keyUsage), keyUsage, 'critical'),
    encoded(id_ce_extKeyUsage, filled(wanted.extendedKeyUsage), (list) => new ExtendedKeyUsage([...list])),
    encoded(id_ce_subjectKeyIdentifier, wanted.subjectKeyId, (id) => new SubjectKeyIdentifier(toArrayBuffer(id))),
    encoded(id_ce_authorityKeyIdentifier, wanted.authorityKeyId, authorityKeyIdentifier),
    encoded(
      id_pe_authorityInfoAccess,
      filled(accessDescriptions(wanted)),
      (list) => new AuthorityInfoAccessSyntax([...list]),
    ),
    alternativeNames(wanted, emptySubject),
    encoded(id_ce_certificatePolicies, filled(wanted.policies), policies),
    encoded(id_ce_cRLDistributionPoints, filled(wanted.crlUrls), distributionPoints),
    encoded(id_ce_nameConstraints, wanted.nameConstraints, nameConstraints, 'critical'),
    wanted.mustStaple === true ? mustStapleExtension() : undefined,
    encoded(oids.acmeIdentifier, wanted.acmeIdentifier, (digest) => new OctetString(toArrayBuffer(digest)), 'critical'),
  ];
  return all.filter((one) => one !== undefined);
}

function encoded<T>(
  oid: string,
  value: T | undefined,
  structure: (value: T) => unknown,
  criticality: 'critical' | 'plain' = 'plain',
): Extension | undefined {
  if (value === undefined) return undefined;
  return extension({ oid, critical: criticality === 'critical', value: toDer(structure(value)) });
}

function filled<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

function alternativeNames(wanted: CertificateExtensions, critical: boolean): Extension | undefined {
  const { identifiers = [], emails = [] } = wanted;
  if (identifiers.length + emails.length === 0) return undefined;
  return extension({
    oid: id_ce_subjectAltName,
    critical,
    value: toDer(buildAlternativeNames({ identifiers, emails })),
  });
}

function basicConstraints(wanted: { readonly ca: boolean; readonly pathLength?: number }): BasicConstraints {
  const { ca, pathLength } = wanted;
  return new BasicConstraints({ cA: ca, ...(pathLength !== undefined && { pathLenConstraint: pathLength }) });
}

function keyUsage(names: readonly KeyUsageName[]): KeyUsage {
  return new KeyUsage(names.reduce((bits, name) => bits | keyUsageBits[name], 0));
}

function authorityKeyIdentifier(id: Uint8Array): AuthorityKeyIdentifier {
  return new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(toArrayBuffer(id)) });
}

function accessDescriptions({ ocspUrls = [], issuerUrls = [] }: CertificateExtensions): readonly AccessDescription[] {
  const described = (method: string) => (url: string) =>
    new AccessDescription({
      accessMethod: method,
      accessLocation: new GeneralName({ uniformResourceIdentifier: url }),
    });
  return [...ocspUrls.map(described(oids.ocsp)), ...issuerUrls.map(described(oids.caIssuers))];
}

function policies(list: readonly string[]): CertificatePolicies {
  return new CertificatePolicies(list.map((policyIdentifier) => new PolicyInformation({ policyIdentifier })));
}

function distributionPoints(urls: readonly string[]): CRLDistributionPoints {
  const point = (url: string) =>
    new DistributionPoint({
      distributionPoint: new DistributionPointName({ fullName: [new GeneralName({ uniformResourceIdentifier: url })] }),
    });
  return new CRLDistributionPoints(urls.map(point));
}

function nameConstraints(wanted: NonNullable<CertificateExtensions['nameConstraints']>): NameConstraints {
  const subtrees = (list: readonly string[]) =>
    new GeneralSubtrees(list.map((name) => new GeneralSubtree({ base: new GeneralName({ dNSName: name }) })));
  const permitted = filled(wanted.permittedDns);
  const excluded = filled(wanted.excludedDns);
  return new NameConstraints({
    ...(permitted !== undefined && { permittedSubtrees: subtrees(permitted) }),
    ...(excluded !== undefined && { excludedSubtrees: subtrees(excluded) }),
  });
}
