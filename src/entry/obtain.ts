import { httpListenerSolver, type Solver } from '../challenges/index.ts';
import {
  EversealError,
  type EventSink,
  type Identifier,
  type KeyAlgorithm,
  MemoryAnswers,
  type Ports,
  type Secret,
  type SocketAddress,
} from '../core/index.ts';
import {
  type CertificateRequest,
  type ExternalAccount,
  renewalDate,
  type RenewalPolicy,
  resolve,
  run,
  type Stores,
  specsOf,
} from '../engine/index.ts';
import { nodePorts } from '../node/index.ts';
import { memoryStores } from '../store/index.ts';

export interface ObtainOptions {
  /** Host names (wildcards and other alphabets, too) and IP addresses as people type them; the first is the main one. */
  readonly names: readonly string[];
  /** URL of the CA's directory. */
  readonly directory: string;
  /** Whether whoever the certificate is for agrees to the terms of the CA. */
  readonly termsAgreed: boolean;
  /** Contact of the account. */
  readonly email?: string;
  /** Binds the account to one at the CA (RFC 8555 §7.3.4). */
  readonly externalAccount?: ExternalAccount;
  /** Where http-01 is answered. Default: port 80 of all addresses. */
  readonly http?: SocketAddress;
  /** How control of the names is proved, instead of by a listener at `http`. */
  readonly solvers?: readonly Solver[];
  /** Of the certificate's key and of a new account's. Default `EC256`. */
  readonly keyAlgorithm?: KeyAlgorithm;
  /** A profile that the CA offers. */
  readonly profile?: string;
  /** Common name of the issuer of the top certificate of the wanted chain. */
  readonly preferredChain?: string;
  /** PEM certificates to trust the CA's server by, instead of the system's roots. */
  readonly roots?: readonly string[];
  /** Where account and certificate are kept: what is stored and not due is given back. Default: in memory, for this call only. */
  readonly stores?: Stores;
  /** The key of the certificate's record in the stores. Default: the first name. */
  readonly name?: string;
  /** For everything together. Default 600 000 (ten minutes). */
  readonly deadlineMs?: number;
  readonly events?: EventSink;
  readonly signal?: AbortSignal;
  /** Default: this machine. */
  readonly ports?: Ports;
}

export interface ObtainedCertificate {
  /** PEM, leaf first, as the CA gave it. */
  readonly chain: string;
  /** PKCS#8 PEM. */
  readonly key: Secret;
  readonly identifiers: readonly Identifier[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** When to call again with the same stores. */
  readonly renewAt: Date;
}

const day = 86_400_000;
const renewal: RenewalPolicy = { shortLifetimeMs: 10 * day, ari: true, ariWaitMs: 0 };
const accountWithoutEmail = 'default';

/**
 * Gets a certificate: registers an account where needed, proves control of the names, and returns chain and key. With
 * stores of the caller's it renews when it is due and gives back what is stored when it is not.
 *
 * @throws EversealError whatever went wrong; `bad-identifier` for a name that no certificate can hold
 *
 * @example
 * ```ts
 * import { obtain, startCa } from 'everseal';
 * const http = { host: '127.0.0.1', port: 5012 };
 * const ca = await startCa({ validation: { httpPort: http.port } });
 * const { directory, root } = ca;
 * const { chain, notAfter } = await obtain({ names: ['demo.localhost'], directory, roots: [root], termsAgreed: true, http });
 * console.log(chain.split('\n')[0], notAfter);
 * await ca.close();
 * ```
 */
export async function obtain(options: ObtainOptions): Promise<ObtainedCertificate> {
  const { ports = nodePorts(), signal = new AbortController().signal, events } = options;
  const stores = options.stores ?? memoryStores(ports);
  const [spec] = specsOf(await resolve([requestOf(options, ports)], stores.certificates));
  if (spec === undefined) throw new TypeError('one request gives one spec');
  const report = await run({ ports, stores, signal, ...(events === undefined ? {} : { events }) }, [spec]);
  const certificate = report.certificates[0];
  if (certificate?.error !== undefined) throw certificate.error;
  const stored = await stores.certificates.load(spec.name);
  const material = await stores.certificates.read(spec.name);
  if (stored === undefined || material?.key === undefined) throw nothingStored(spec.name);
  const { identifiers, notBefore, notAfter } = stored.facts;
  const renewAt = certificate?.nextAction ?? renewalDate(stored.facts, spec.renewal);
  return { chain: material.chain, key: material.key, identifiers, notBefore, notAfter, renewAt };
}

function requestOf(options: ObtainOptions, ports: Ports): CertificateRequest {
  const { names, directory, email, profile, preferredChain, roots, externalAccount, keyAlgorithm = 'EC256' } = options;
  return {
    ...(options.name === undefined ? {} : { name: options.name }),
    names,
    storedNames: 'drop',
    key: { kind: 'generate', algorithm: keyAlgorithm, reuse: false },
    issuers: [
      {
        directory,
        account: {
          id: email ?? accountWithoutEmail,
          keyAlgorithm,
          terms: options.termsAgreed ? 'agreed' : { ask: async () => false },
          ...(email === undefined ? {} : { email }),
          ...(externalAccount === undefined ? {} : { externalAccount }),
        },
        ...(profile === undefined ? {} : { profile }),
        ...(preferredChain === undefined ? {} : { preferredChain }),
        ...(roots === undefined ? {} : { tls: { roots } }),
      },
    ],
    solvers: options.solvers ?? [httpSolver(options, ports)],
    renewal,
    deadlineMs: options.deadlineMs ?? 600_000,
  };
}

function httpSolver({ http = { host: '', port: 80 } }: ObtainOptions, ports: Ports): Solver {
  return httpListenerSolver({ ports, answers: new MemoryAnswers(), addresses: [http] });
}

function nothingStored(name: string): EversealError {
  return new EversealError('corrupt', `The stores hold no certificate with a key under ${name} after it was obtained`, {
    next: 'Check the stores that were handed over.',
  });
}
