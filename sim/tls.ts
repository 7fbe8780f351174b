/** TLS as far as a simulation needs it: who shows which certificate, and whether the other side believes it. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  EversealError,
  parseIpAddress,
  type TlsClientOptions,
  tlsAdvice,
  type TlsIdentity,
} from '../src/core/index.ts';

const longestChain = 10;

/** What is true of a certificate is true in every world: the towns' CA shows the same ones in thousands of them. */
const parsed = new Map<string, readonly X509Certificate[]>();
const verified = new Map<string, boolean>();

/** Checks certificates; parses and verifies each only once. */
export class TlsChecker {
  /** Roots that every client trusts which names none of its own: PEM. */
  readonly systemRoots: string[] = [];

  /** The leaf's DER. */
  leaf(identity: TlsIdentity): Uint8Array {
    const [leaf] = this.#parse(identity.chain);
    if (leaf === undefined) throw new EversealError('tls', 'The server shows no certificate');
    return new Uint8Array(leaf.raw);
  }

  /**
   * @param host what the client wants to reach, in lower case
   * @throws EversealError `tls` when a client with these options breaks the handshake off
   */
  check(identity: TlsIdentity, host: string, options: TlsClientOptions, at: Date): void {
    const chain = this.#parse(identity.chain);
    const [leaf] = chain;
    const name = options.serverName ?? host;
    if (leaf === undefined || !this.#hasKey(leaf, identity)) throw refusal(name, 'it shows no certificate of its own');
    if (options.insecure === true) return;
    const matches = parseIpAddress(name) === undefined ? leaf.checkHost(name) : leaf.checkIP(name);
    if (matches === undefined) throw refusal(name, 'its certificate is for another name', tlsAdvice.wrongHost);
    const own = options.roots ?? [];
    const system = options.roots === undefined || options.systemRoots === true ? this.systemRoots : [];
    const roots = [...own, ...system].flatMap((pem) => this.#parse(pem));
    this.#climb(leaf, chain.slice(1), roots, name, at);
  }

  #climb(
    leaf: X509Certificate,
    intermediates: readonly X509Certificate[],
    roots: readonly X509Certificate[],
    name: string,
    at: Date,
  ): void {
    let current = leaf;
    for (let step = 0; step < longestChain; step += 1) {
      if (!isValid(current, at))
        throw refusal(name, 'a certificate is not valid at this time', timeAdvice(current, at));
      const child = current;
      if (roots.some((root) => root.fingerprint256 === child.fingerprint256)) return;
      const root = roots.find((candidate) => this.#isIssuer(candidate, child));
      if (root !== undefined && isValid(root, at)) return;
      const next = intermediates.find((candidate) => candidate !== child && this.#isIssuer(candidate, child));
      if (next === undefined) throw refusal(name, 'no trusted root has signed its certificate', tlsAdvice.untrusted);
      current = next;
    }
    throw refusal(name, 'its chain of certificates does not end', tlsAdvice.untrusted);
  }

  #isIssuer(issuer: X509Certificate, subject: X509Certificate): boolean {
    const key = `${issuer.fingerprint256} ${subject.fingerprint256}`;
    return remembered(
      verified,
      key,
      () => issuer.ca && subject.checkIssued(issuer) && subject.verify(issuer.publicKey),
    );
  }

  #hasKey(leaf: X509Certificate, identity: TlsIdentity): boolean {
    const key = `${leaf.fingerprint256} ${identity.key.reveal()}`;
    return remembered(verified, key, () => leaf.checkPrivateKey(createPrivateKey(identity.key.reveal())));
  }

  #parse(pem: string): readonly X509Certificate[] {
    return remembered(parsed, pem, () => {
      const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
      return blocks.map((block) => new X509Certificate(block));
    });
  }
}

function remembered<T>(memory: Map<string, T>, key: string, find: () => T): T {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const found = find();
  memory.set(key, found);
  return found;
}

function isValid(certificate: X509Certificate, at: Date): boolean {
  return new Date(certificate.validFrom) <= at && at <= new Date(certificate.validTo);
}

function timeAdvice(certificate: X509Certificate, at: Date): string {
  return at < new Date(certificate.validFrom) ? tlsAdvice.notYetValid : tlsAdvice.expired;
}

/** With the next step that a real machine gives. */
function refusal(name: string, why: string, next?: string): EversealError {
  return new EversealError('tls', `Cannot trust the server ${name}: ${why}`, next === undefined ? {} : { next });
}
