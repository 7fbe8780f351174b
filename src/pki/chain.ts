/** Chains of certificates: put in order, verified, chosen. */
import { X509Certificate } from 'node:crypto';
import { EversealError, type Identifier, identifierKey, printable } from '../core/index.ts';
import type { Certificate } from './certificate.ts';
import { oids } from './certificate-extensions.ts';
import { isWeakSignature } from './x509-signature.ts';

/**
 * The certificates that belong to the first one that is no CA's, each followed by its issuer. What does not belong, and
 * what is there twice, is dropped.
 *
 * @example
 * ```ts
 * import { orderChain } from 'everseal/pki';
 * console.log(orderChain([]).length); // 0
 * ```
 */
export function orderChain(certificates: readonly Certificate[]): readonly Certificate[] {
  const leaf = certificates.find(({ isCa }) => !isCa) ?? certificates.find((one) => issuedNone(one, certificates));
  const chain: Certificate[] = [];
  const left = new Map(certificates.map((certificate) => [certificate.fingerprint, certificate]));
  for (let next = leaf ?? certificates[0]; next !== undefined; ) {
    const current: Certificate = next;
    chain.push(current);
    left.delete(current.fingerprint);
    next = [...left.values()].find((other) => isIssuedBy(current, other));
  }
  return chain;
}

function issuedNone(certificate: Certificate, all: readonly Certificate[]): boolean {
  return !all.some((other) => other.fingerprint !== certificate.fingerprint && isIssuedBy(other, certificate));
}

/**
 * Checks a chain, leaf first: each certificate valid at `at` and signed by the next one, which may issue; the leaf for
 * TLS servers and with the wanted identifiers; the top one among the roots or issued by one of them. Path lengths are
 * kept; name constraints and revocation are not looked at.
 *
 * @param options.roots undefined: whom the top certificate leads to does not matter
 * @param options.identifiers names that the leaf must cover, by a wildcard too; a wanted wildcard must be there itself
 * @throws EversealError `rejected-certificate` with the reason
 *
 * @example
 * ```ts
 * import { rootCertificates } from 'node:tls';
 * import { readCertificate, verifyChain } from 'everseal/pki';
 * const root = readCertificate(rootCertificates[0] ?? '');
 * verifyChain([root], { roots: [root], at: root.notBefore });
 * ```
 */
export function verifyChain(
  chain: readonly Certificate[],
  options: {
    readonly roots?: readonly Certificate[] | undefined;
    readonly at: Date;
    readonly identifiers?: readonly Identifier[];
  },
): void {
  const [leaf] = chain;
  if (leaf === undefined) throw rejected('the chain is empty');
  checkLeaf(leaf, options.identifiers ?? []);
  for (const [index, certificate] of chain.entries()) {
    checkValidity(certificate, options.at);
    if (options.roots?.some((root) => isAnchor(certificate, root, options.at, index))) return;
    const issuer = chain[index + 1];
    if (issuer === undefined) break;
    checkLink(certificate, issuer, index);
  }
  if (options.roots !== undefined) {
    throw rejected(
      `no trusted root issued ${shown(chain.at(-1) ?? leaf)} (issuer ${printable(chain.at(-1)?.issuer ?? '')})`,
    );
  }
}

/**
 * The index of the first chain whose top certificate was issued by exactly this common name; undefined when none was.
 *
 * @example
 * ```ts
 * import { chooseChain } from 'everseal/pki';
 * console.log(chooseChain([[], []], 'Some Root')); // undefined
 * ```
 */
export function chooseChain(
  chains: readonly (readonly Pick<Certificate, 'issuerCommonName'>[])[],
  preferredIssuerCommonName: string,
): number | undefined {
  const index = chains.findIndex((chain) => chain.at(-1)?.issuerCommonName === preferredIssuerCommonName);
  return index < 0 ? undefined : index;
}

/**
 * Whether a certificate for `have` serves clients that ask for `want` (RFC 6125 §6.4.3: one whole left-most label).
 *
 * @example
 * ```ts
 * import { covers } from 'everseal/pki';
 * console.log(covers({ type: 'dns', value: '*.example.com' }, { type: 'dns', value: 'www.example.com' })); // true
 * ```
 */
export function covers(have: Identifier, want: Identifier): boolean {
  if (identifierKey(have) === identifierKey(want)) return true;
  if (have.type !== 'dns' || want.type !== 'dns' || !have.value.startsWith('*.')) return false;
  const dot = want.value.indexOf('.');
  return dot > 0 && !want.value.startsWith('*') && want.value.slice(dot) === have.value.slice(1);
}

function checkLeaf(leaf: Certificate, identifiers: readonly Identifier[]): void {
  const missing = identifiers.find((want) => !leaf.identifiers.some((have) => covers(have, want)));
  if (missing !== undefined) throw rejected(`${shown(leaf)} does not cover ${printable(missing.value)}`);
  const usages = leaf.extendedKeyUsage;
  if (usages.length === 0 || usages.includes(oids.serverAuth) || usages.includes(oids.anyExtendedKeyUsage)) return;
  throw rejected(`${shown(leaf)} is not for TLS servers`);
}

function checkValidity(certificate: Certificate, at: Date): void {
  if (at < certificate.notBefore) {
    throw rejected(`${shown(certificate)} is not valid before ${certificate.notBefore.toISOString()}`);
  }
  if (at > certificate.notAfter) throw rejected(`${shown(certificate)} expired ${certificate.notAfter.toISOString()}`);
}

/** `below`: certificates between the leaf and this link, so the intermediates that the issuer must allow. */
function checkLink(certificate: Certificate, issuer: Certificate, below: number): void {
  if (!sameName(certificate, issuer)) throw rejected(`${shown(issuer)} is not the issuer of ${shown(certificate)}`);
  if (!issuer.mayIssue) throw rejected(`${shown(issuer)} may not issue certificates`);
  if (issuer.pathLength !== undefined && below > issuer.pathLength) {
    throw rejected(`${shown(issuer)} allows no more than ${issuer.pathLength} intermediates below it`);
  }
  if (isWeakSignature(certificate.signatureAlgorithm)) throw rejected(`${shown(certificate)} has a weak signature`);
  if (!isSignedBy(certificate, issuer)) throw rejected(`${shown(certificate)} is not signed by ${shown(issuer)}`);
}

function isAnchor(certificate: Certificate, root: Certificate, at: Date, below: number): boolean {
  if (certificate.fingerprint === root.fingerprint) return true;
  if (at < root.notBefore || at > root.notAfter) return false;
  try {
    checkLink(certificate, root, below);
    return true;
  } catch {
    return false;
  }
}

function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  return sameName(certificate, issuer) && isSignedBy(certificate, issuer);
}

function sameName(certificate: Certificate, issuer: Certificate): boolean {
  return Buffer.compare(certificate.issuerDer, issuer.subjectDer) === 0;
}

function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  try {
    return new X509Certificate(certificate.der).verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** A certificate in a message: its first name, else its subject. */
function shown(certificate: Certificate): string {
  const name = certificate.isCa ? certificate.subject : (certificate.identifiers[0]?.value ?? certificate.subject);
  return `the certificate of ${printable(name, 120) || 'nobody'}`;
}

function rejected(why: string): EversealError {
  return new EversealError('rejected-certificate', `The certificate is not accepted: ${why}`);
}
