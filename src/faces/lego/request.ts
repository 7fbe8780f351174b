/** From the flags of `lego run` and what is stored to what the engine is asked for. */
import { absolutePath, type Environment } from '../../argv/index.ts';
import {
  EversealError,
  type KeyAlgorithm,
  messageOf,
  type Ports,
  printable,
  Secret,
  nearest,
} from '../../core/index.ts';
import {
  type AccountSpec,
  type CertificateRequest,
  type CertificateSpec,
  type CertificateStore,
  type IssuerSpec,
  type KeySpec,
  type RenewalPolicy,
  resolve,
  type StoredCertificate,
} from '../../engine/index.ts';
import { type Challenges, readChallenges, refuseUnprovable } from './challenges.ts';
import { caTrust } from './ca-trust.ts';
import { atLeastOne, type CaFlags, refuseContradictions, type RunFlags, uselessFlags } from './contradictions.ts';
import { keyTypes } from './flags.ts';
import { resolveServer } from './servers.ts';
import { isOpen, openKeyRefused, openKeyText } from './stored-key.ts';

export interface RunInput {
  readonly flags: RunFlags;
  readonly environment: Environment;
  /** What relative paths start from. */
  readonly workingFolder: string;
  readonly ports: Pick<Ports, 'fs' | 'host' | 'terminal' | 'clock'>;
  readonly certificates: Pick<CertificateStore, 'load'>;
  /** Asks the user about the terms at this URL; missing when nobody can be asked. */
  readonly askTerms?: (url: string) => Promise<boolean>;
}

export interface RunRequest {
  /** Everything but how challenges are solved. */
  readonly spec: Omit<CertificateSpec, 'solvers'>;
  readonly challenges: Challenges;
  /** Look before an order whether it can succeed. */
  readonly preflight: boolean;
  readonly client: { readonly userAgent?: string; readonly requestTimeoutMs: number };
  readonly force: boolean;
  /** Leave a renewal that failed alone for a while: nobody watches, and what is stored still serves. */
  readonly patient: boolean;
  /** Before a renewal of the same names: wait a random time of at most so many milliseconds. */
  readonly randomWaitMs: number;
  readonly warnings: readonly string[];
}

const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;
/** lego rounds a lifetime to whole days, and up to ten are short. */
const shortLifetimeMs = 10.5 * day - 1;
const always = 200 * 365 * day;
const longestRandomWait = 8 * minute;
const validationMs = 10 * minute;

/**
 * Checks the flags, reads the files they name, and joins them with the stored certificate.
 *
 * @throws EversealError `usage` for flags that make no sense together, `bad-identifier`, `bad-key`, `bad-certificate` for
 * what they hold, `corrupt` for a stored certificate that cannot be understood
 */
export async function readRunRequest(input: RunInput): Promise<RunRequest> {
  const { values, given } = input.flags;
  refuseContradictions(input.flags);
  const challenges = readChallenges(input.flags, input.environment);
  const request: CertificateRequest = {
    ...(await readSubject(input)),
    issuers: [await readIssuer(input)],
    renewal: readRenewal(input.flags),
    order: {
      mustStaple: values['must-staple'],
      commonName: values['enable-cn'],
      ...(values['not-before'] === undefined ? {} : { notBefore: values['not-before'] }),
      ...(values['not-after'] === undefined ? {} : { notAfter: values['not-after'] }),
    },
    partial: values['allow-partial'],
    deadlineMs: deadline(input.flags),
    solvers: [],
  };
  const resolution = await resolve([request], input.certificates);
  if ('question' in resolution) throw noSuchCertificate(resolution.question.certificate);
  const [spec] = resolution.specs;
  if (spec === undefined) throw new TypeError('one request gives one spec');
  refuseUnprovable(spec.identifiers, challenges);
  return {
    spec,
    challenges,
    preflight: !values['no-preflight'],
    client: readClient(input.flags),
    force: values['renew-force'],
    patient: isPatient(input, await input.certificates.load(spec.name)),
    randomWaitMs: randomWait(input, given.has('csr')),
    warnings: [...uselessFlags(input.flags), ...(await openKey(input))],
  };
}

/** The folder of the store: `--path`, or `.lego` where the program was started. */
export function storeFolder(
  flags: { readonly values: Pick<RunFlags['values'], 'path'> },
  workingFolder: string,
): string {
  return absolutePath(flags.values.path || '.lego', workingFolder);
}

/** Waiting for the moment that the CA advises is part of the time that a certificate may take. */
function deadline({ values }: RunFlags): number {
  return (
    validationMs + atLeastOne('--cert.timeout', values['cert.timeout']) * second + values['ari-wait-to-renew-duration']
  );
}

function isPatient({ flags, ports }: RunInput, stored: StoredCertificate | undefined): boolean {
  if (flags.values['renew-force'] || ports.terminal.interactive || stored === undefined) return false;
  return stored.facts.notAfter > ports.clock.now();
}

/** What the certificate is to be for, in the engine's words. */
type Subject = Pick<CertificateRequest, 'name' | 'names' | 'storedNames' | 'key'>;

async function readSubject(input: RunInput): Promise<Subject> {
  const { values } = input.flags;
  if (values.csr) return readCsrSubject(input, values.csr);
  return {
    name: values['cert.name'] || values.domains[0] || '',
    names: values.domains,
    storedNames: values['force-cert-domains'] ? 'drop' : 'keep',
    key: await readKey(input),
  };
}

function noSuchCertificate(name: string): EversealError {
  return new EversealError('usage', `There is no stored certificate "${printable(name, 80)}" to renew`, {
    next: 'Name what it shall be good for with --domains.',
  });
}

async function readCsrSubject(input: RunInput, file: string): Promise<Subject> {
  const { readCsr } = await import('../../pki/index.ts');
  const der = await readFileOf(input, '--csr', file);
  const csr = contentOf('--csr', file, () => readCsr(der));
  const first = csr.identifiers.find(({ type }) => type === 'dns') ?? csr.identifiers[0];
  if (first === undefined) {
    throw new EversealError('usage', `The signing request ${file} names nothing`, {
      next: 'Make one with subject alternative names.',
    });
  }
  const name = input.flags.values['cert.name'] || csr.commonName || first.value;
  const names = csr.identifiers.map(({ value }) => value);
  return { name, names, storedNames: 'drop', key: { kind: 'csr', der: csr.der } };
}

async function readKey(input: RunInput): Promise<KeySpec> {
  const { values } = input.flags;
  const algorithm = readKeyType(values['key-type']);
  if (!values['private-key']) return { kind: 'generate', algorithm, reuse: values['reuse-key'] };
  const { readPrivateKey } = await import('../../pki/index.ts');
  const pem = await readFileOf(input, '--private-key', values['private-key']);
  const key = contentOf('--private-key', values['private-key'], () => readPrivateKey(new TextDecoder().decode(pem)));
  return { kind: 'given', key };
}

/** Everybody may read the key that was given: told, and refused only on request. */
async function openKey({ flags, ports, workingFolder }: RunInput): Promise<readonly string[]> {
  const file = flags.values['private-key'];
  if (!file) return [];
  const path = absolutePath(file, workingFolder);
  if (!isOpen(await ports.fs.stat(path), ports.host)) return [];
  if (flags.values['refuse-open-keys']) throw openKeyRefused(path);
  return [`${openKeyText(path)}: chmod o= ${path}`];
}

/** @throws EversealError `usage` when lego has no such key type; any case is fine */
export function readKeyType(text: string): KeyAlgorithm {
  const found = keyTypes.find((name) => name.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  const guess = nearest(text, keyTypes);
  throw new EversealError('usage', `There is no key type "${printable(text, 40)}"`, {
    next: guess === undefined ? `Choose one of ${keyTypes.join(', ')}.` : `Did you mean ${guess}?`,
  });
}

async function readFileOf(input: RunInput, flag: string, file: string): Promise<Uint8Array> {
  const path = absolutePath(file, input.workingFolder);
  try {
    return await input.ports.fs.read(path);
  } catch (error) {
    throw new EversealError('usage', `The file of ${flag} cannot be read: ${messageOf(error)}`, {
      cause: error,
      next: `Check the path after ${flag}.`,
    });
  }
}

/** Says which file is meant when what it holds is unfit. */
function contentOf<T>(flag: string, file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EversealError)) throw error;
    throw new EversealError(error.code, `The file of ${flag}, ${printable(file, 200)}, is unfit: ${error.message}`, {
      cause: error,
      next: error.next ?? `Check what the file after ${flag} holds.`,
    });
  }
}

async function readIssuer(input: RunInput): Promise<IssuerSpec> {
  const { values } = input.flags;
  return {
    ...(await readCa(input)),
    ...(values.profile ? { profile: values.profile } : {}),
    ...(values['preferred-chain'] ? { preferredChain: values['preferred-chain'] } : {}),
  };
}

/** What it takes to say which CA, and whose account. */
export interface CaInput extends Pick<RunInput, 'environment' | 'workingFolder' | 'ports' | 'askTerms'> {
  readonly flags: CaFlags;
}

/** @throws EversealError `usage` for an unknown server or key type, and for roots that cannot be read */
export async function readCa(input: CaInput): Promise<IssuerSpec> {
  const { values } = input.flags;
  const family = values.ipv4only ? 4 : values.ipv6only ? 6 : undefined;
  const trust = await caTrust(input.ports, input.environment, input.workingFolder);
  const tls = values['tls-skip-verify'] ? { ...trust, insecure: true } : trust;
  return {
    directory: resolveServer(values.server),
    account: readAccount(input),
    ...(tls === undefined ? {} : { tls }),
    ...(family === undefined ? {} : { family }),
  };
}

/** @throws EversealError `usage` for a time below one second */
export function readClient({ values }: CaFlags): RunRequest['client'] {
  return {
    requestTimeoutMs: atLeastOne('--http-timeout', values['http-timeout'] ?? 120) * second,
    ...(values['user-agent'] ? { userAgent: values['user-agent'] } : {}),
  };
}

/** lego's name for the account of a user who gave no email address. */
const nobody = 'noemail@example.com';

function readAccount(input: CaInput): AccountSpec {
  const { values } = input.flags;
  const bound = values.eab && values['eab.kid'] && values['eab.hmac'];
  return {
    id: values['account-id'] || values.email || nobody,
    keyAlgorithm: readKeyType(values['key-type']),
    terms: values['accept-tos'] ? 'agreed' : { ask: input.askTerms ?? (async () => false) },
    ...(values.email ? { email: values.email } : {}),
    ...(bound
      ? { externalAccount: { kid: values['eab.kid'] ?? '', macKey: new Secret(values['eab.hmac'] ?? '') } }
      : {}),
  };
}

function readRenewal({ values }: RunFlags): RenewalPolicy {
  const days = values['renew-days'];
  return {
    shortLifetimeMs,
    ari: !values['ari-disable'],
    ariWaitMs: values['ari-wait-to-renew-duration'],
    ...(days === undefined ? {} : { beforeExpiryMs: days < 0 ? always : days * day }),
  };
}

function randomWait(input: RunInput, byCsr: boolean): number {
  if (input.flags.values['no-random-sleep'] || input.ports.terminal.stdoutIsTty || byCsr) return 0;
  return longestRandomWait;
}
