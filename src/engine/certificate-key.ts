/** The key that a certificate is asked for with, and the signing request made of it. */
import type { KeyObject } from 'node:crypto';
import {
  EversealError,
  keyAlgorithmOf,
  type Secret,
  type Signer,
  sameIdentifiers,
  softwareKeyFromPkcs8,
} from '../core/index.ts';
import { buildCsr, readCsr } from '../pki/index.ts';
import { keyNotExportable } from './account-record.ts';
import type { EngineContext } from './context.ts';
import type { OrderJournal } from './order-journal.ts';
import type { CertificateSpec } from './spec.ts';

export interface SigningRequest {
  /** DER. */
  readonly csr: Uint8Array;
  readonly publicKey: KeyObject;
  /** To be stored beside the certificate; undefined when the key is the user's own affair. */
  readonly key: Secret | undefined;
}

type CertificateKey = Signer & { readonly pkcs8: Secret | undefined };
type ExportableKey = Signer & { readonly pkcs8: Secret };

/**
 * The signing request for the spec. A new key is in the journal before this resolves, hence before finalize: after a crash
 * the certificate that the CA then makes still has its key.
 */
export async function signingRequest(
  context: EngineContext,
  spec: CertificateSpec,
  journal: OrderJournal,
  signal: AbortSignal,
): Promise<SigningRequest> {
  if (spec.key.kind === 'csr') {
    return { csr: spec.key.der, publicKey: readCsr(spec.key.der).publicKey, key: undefined };
  }
  const key = spec.key.kind === 'given' ? spec.key.key : await keptKey(context, spec, journal, signal);
  const csr = await buildCsr({
    signer: key,
    identifiers: spec.identifiers,
    ...(spec.order?.commonName === true && { commonName: commonNameOf(spec) }),
    ...(spec.order?.mustStaple === true && { mustStaple: true }),
  });
  return { csr, publicKey: key.publicKey, key: key.pkcs8 };
}

/**
 * Refuses what no CA would issue, before an order is spent on it: a signing request for other names, and an account's key
 * in a certificate (RFC 8555 §11.1).
 *
 * @throws EversealError `usage`, `bad-key`
 */
export function checkGivenKey(spec: CertificateSpec, accountKey: KeyObject): void {
  if (spec.key.kind === 'generate') return;
  const csr = spec.key.kind === 'csr' ? readCsr(spec.key.der) : undefined;
  const publicKey = spec.key.kind === 'given' ? spec.key.key.publicKey : csr?.publicKey;
  if (csr !== undefined && !sameIdentifiers(csr.identifiers, spec.identifiers)) {
    throw new EversealError('usage', `The signing request of ${spec.name} is for other names than the certificate`, {
      next: 'Ask for exactly the names that are in the signing request.',
    });
  }
  if (publicKey?.equals(accountKey) === true) {
    throw new EversealError('bad-key', `The certificate ${spec.name} would have the key of the account`, {
      next: 'Use a key of its own: whoever serves the certificate could act for the account.',
    });
  }
}

/** RFC 5280's upper bound for a common name: longer names stand in the SAN alone. */
const maxCommonName = 64;

function commonNameOf(spec: CertificateSpec): string | undefined {
  return spec.identifiers.find(({ type, value }) => type === 'dns' && value.length <= maxCommonName)?.value;
}

async function keptKey(
  context: EngineContext,
  spec: CertificateSpec,
  journal: OrderJournal,
  signal: AbortSignal,
): Promise<CertificateKey> {
  if (journal.certificateKey !== undefined) return softwareKeyFromPkcs8(journal.certificateKey);
  const key = (await reusedKey(context, spec)) ?? (await newKey(context, spec, signal));
  await journal.keepCertificateKey(key.pkcs8);
  return key;
}

async function reusedKey(context: EngineContext, spec: CertificateSpec): Promise<ExportableKey | undefined> {
  if (spec.key.kind !== 'generate' || !spec.key.reuse) return undefined;
  const stored = await context.stores.certificates.read(spec.name);
  if (stored?.key === undefined) return undefined;
  const key = softwareKeyFromPkcs8(stored.key);
  return keyAlgorithmOf(key.publicKey) === spec.key.algorithm ? key : undefined;
}

async function newKey(context: EngineContext, spec: CertificateSpec, signal: AbortSignal): Promise<ExportableKey> {
  if (spec.key.kind !== 'generate') throw new TypeError('only a generated key can be new');
  const key = await context.ports.keys.generate(spec.key.algorithm, signal);
  const { algorithm, publicKey, pkcs8 } = key;
  if (pkcs8 === undefined) throw keyNotExportable();
  return { algorithm, publicKey, pkcs8, sign: (message) => key.sign(message) };
}
