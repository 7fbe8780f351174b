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

/** Checks certificates; parses and verifies each only once a world. */
export class TlsChecker {
  /** Roots that every client trusts which names none of its own: PEM. */
  readonly systemRoots: string[] = [];
  readonly #parsed = new Map<string, readonly X509Certificate[]>();
  readonly #verified = new Map<string, boolean>();

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
    const known = this.#verified.get(key);
    if (known !== undefined) return known;
    const verified = issuer.ca && subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
    this.#verified.set(key, verified);
    return verified;
  }

  #hasKey(leaf: X509Certificate, identity: TlsIdentity): boolean {
    const key = `${leaf.fingerprint256} ${identity.key.reveal()}`;
    const known = this.#verified.get(key);
    if (known !== undefined) return known;
    const verified = leaf.checkPrivateKey(createPrivateKey(identity.key.reveal()));
    this.#verified.set(key, verified);
    return verified;
  }

  #parse(pem: string): readonly X509Certificate[] {
    const known = this.#parsed.get(pem);
    if (known !== undefined) return known;
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    const certificates = blocks.map((block) => new X509Certificate(block));
    this.#parsed.set(pem, certificates);
    return certificates;
  }
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
