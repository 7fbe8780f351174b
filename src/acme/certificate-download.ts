/** Downloading certificates (RFC 8555 §7.4.2) and choosing among the chains a CA offers. */
import { fromUtf8 } from '../core/index.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { AccountSession } from './session.ts';
import type { Reply } from './reply.ts';

export interface CertificateOptions {
  /** Common name of the issuer of the top certificate of the wanted chain. */
  readonly preferredChain?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A certificate with its chain, as issued. Whether it is what was ordered is the caller's to check. */
export interface IssuedChain {
  /** As the server sent it, leaf first. */
  readonly pem: string;
  readonly chain: readonly Certificate[];
  /** Where it came from. */
  readonly url: string;
  /** Whether the chain is the preferred one; true when none was asked for. */
  readonly preferredFound: boolean;
}

type Download = Omit<IssuedChain, 'preferredFound'>;

const maxAlternates = 10;

export async function downloadCertificate(
  session: AccountSession,
  url: string,
  options: CertificateOptions,
): Promise<IssuedChain> {
  const { preferredChain, signal } = options;
  const reply = await fetchPem(session, url, signal);
  const standard = await readChain(reply);
  if (preferredChain === undefined || (await isIssuedBy(standard, preferredChain)))
    return { ...standard, preferredFound: true };
  for (const alternate of alternatesOf(reply)) {
    const download = await tryAlternate(session, alternate, signal);
    if (download !== undefined && (await isIssuedBy(download, preferredChain)))
      return { ...download, preferredFound: true };
  }
  return { ...standard, preferredFound: false };
}

function alternatesOf(reply: Reply): readonly string[] {
  return reply
    .links('alternate')
    .filter((url) => url !== reply.url)
    .slice(0, maxAlternates);
}

/** A broken alternate is no reason to lose the certificate. */
async function tryAlternate(
  session: AccountSession,
  url: string,
  signal: AbortSignal | undefined,
): Promise<Download | undefined> {
  try {
    return await readChain(await fetchPem(session, url, signal));
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

function fetchPem(session: AccountSession, url: string, signal: AbortSignal | undefined): Promise<Reply> {
  return session.fetch(url, { accept: 'application/pem-certificate-chain', signal });
}

/** ASN.1 is loaded when there is a certificate to read, not before. */
async function readChain(reply: Reply): Promise<Download> {
  const { readCertificateChain } = await import('../pki/pem.ts');
  const pem = fromUtf8(reply.body);
  return { pem, chain: readCertificateChain(pem), url: reply.url };
}

async function isIssuedBy(download: Download, issuerCommonName: string): Promise<boolean> {
  const { chooseChain, orderChain } = await import('../pki/chain.ts');
  return chooseChain([orderChain(download.chain)], issuerCommonName) === 0;
}
