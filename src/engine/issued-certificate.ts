/** Is what the CA delivered what was ordered? A good certificate is replaced only after every question was answered. */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { EversealError, type Identifier, identifierKey, printable } from '../core/index.ts';
import { type Certificate, isWeakSignature } from '../pki/index.ts';

export interface Ordered {
  readonly publicKey: KeyObject;
  readonly identifiers: readonly Identifier[];
  readonly now: Date;
}

/** CAs backdate by an hour or so; a clock that is wrong by a day is the reader's problem, not the CA's. */
const clockSkewMs = 24 * 3_600_000;

/** Nothing can be deployed in less. */
const shortestLifeMs = 10_000;

const serverAuth = '1.3.6.1.5.5.7.3.1';
const anyExtendedKeyUsage = '2.5.29.37.0';

interface Case extends Ordered {
  readonly leaf: Certificate;
  readonly chain: readonly Certificate[];
}

/** Each way in which a certificate can be wrong. The first that answers is told. */
const faults: readonly ((given: Case) => string | undefined)[] = [
  ({ leaf }) => (leaf.isCa ? 'its first certificate is that of a CA, not yours' : undefined),
  ({ leaf, publicKey }) => (leaf.publicKey.equals(publicKey) ? undefined : 'it is for another key'),
  // Clients stopped looking at common names (RFC 9525 §2).
  ({ leaf }) =>
    new X509Certificate(leaf.der).subjectAltName === undefined ? 'it holds no alternative names' : undefined,
  ({ leaf, identifiers }) => wrongNames(leaf, identifiers),
  ({ leaf }) => (leaf.notBefore < leaf.notAfter ? undefined : 'it ends before it begins'),
  ({ leaf, now }) => (leaf.notAfter > now ? undefined : `it expired at ${leaf.notAfter.toISOString()}`),
  ({ leaf, now }) =>
    leaf.notAfter.getTime() - now.getTime() < shortestLifeMs ? 'it expires within seconds' : undefined,
  ({ leaf, now }) =>
    leaf.notBefore.getTime() > now.getTime() + clockSkewMs
      ? `it is not valid before ${leaf.notBefore.toISOString()}`
      : undefined,
  ({ leaf }) =>
    leaf.extendedKeyUsage.length === 0 ||
    leaf.extendedKeyUsage.some((usage) => usage === serverAuth || usage === anyExtendedKeyUsage)
      ? undefined
      : 'its extended key usage does not allow TLS servers',
  ({ chain }) => (chain.some(isBroken) ? 'it is signed with a broken algorithm (MD5 or SHA-1)' : undefined),
  ({ chain, now }) => expiredIssuer(chain, now),
  ({ chain }) => (chain.slice(1).some(hasWeakKey) ? 'its chain holds an RSA key below 2048 bits' : undefined),
  ({ chain }) => brokenLink(chain),
];

/**
 * @throws EversealError `rejected-certificate` saying what is wrong; the certificate must not be used then
 */
export function checkIssued(chain: readonly Certificate[], ordered: Ordered): Certificate {
  const [leaf] = chain;
  if (leaf === undefined) throw rejected('it holds no certificate');
  for (const fault of faults) {
    const what = fault({ ...ordered, leaf, chain });
    if (what !== undefined) throw rejected(what);
  }
  return leaf;
}

/** Self-signed roots may carry whatever they like: nobody checks their signature. */
function isBroken(certificate: Certificate): boolean {
  return isWeakSignature(certificate.signatureAlgorithm) && certificate.issuer !== certificate.subject;
}

/** A root may have expired: programs that trust it do not look. */
function expiredIssuer(chain: readonly Certificate[], now: Date): string | undefined {
  const expired = chain.slice(1).find(({ notAfter, issuer, subject }) => notAfter <= now && issuer !== subject);
  return expired && `its issuer ${printable(expired.subject, 80)} expired at ${expired.notAfter.toISOString()}`;
}

function hasWeakKey({ publicKey }: Certificate): boolean {
  return publicKey.asymmetricKeyType === 'rsa' && (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) < 2048;
}

function wrongNames(leaf: Certificate, identifiers: readonly Identifier[]): string | undefined {
  const wanted = new Set(identifiers.map(identifierKey));
  const got = new Set(leaf.identifiers.map(identifierKey));
  const missing = identifiers.find((identifier) => !got.has(identifierKey(identifier)));
  if (missing !== undefined) return `the name ${missing.value} is missing`;
  const extra = leaf.identifiers.find((identifier) => !wanted.has(identifierKey(identifier)));
  return extra && `it holds the name ${printable(extra.value, 80)}, which was not ordered`;
}

/** RFC 8555 §9.1: each certificate directly certifies the one before it. */
function brokenLink(chain: readonly Certificate[]): string | undefined {
  const broken = chain.findIndex((certificate, i) => {
    const issuer = chain[i + 1];
    return (
      issuer !== undefined && !(issuer.isCa && certificate.issuer === issuer.subject && isSignedBy(certificate, issuer))
    );
  });
  return broken < 0 ? undefined : `certificate ${broken + 2} of its chain did not issue certificate ${broken + 1}`;
}

function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  return new X509Certificate(certificate.der).verify(issuer.publicKey);
}

function rejected(what: string): EversealError {
  return new EversealError('rejected-certificate', `The CA delivered a certificate that was not ordered: ${what}`, {
    next: 'The stored certificate was kept. Report this to the CA.',
  });
}
