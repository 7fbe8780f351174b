import {
  EversealError,
  type Identifier,
  messageOf,
  type Ports,
  printable,
  type SocketAddress,
} from '../../core/index.ts';
import type { ChallengeType } from '../solver.ts';
import type { AddressBook } from './address-book.ts';
import type { Problem } from './finding.ts';
import type { WatchedResolver } from './watched-resolver.ts';

/** The CA as far as it is known. */
export interface CaFacts {
  /** `caaIdentities` of the directory; undefined or empty: not known. */
  readonly caaIdentities: readonly string[] | undefined;
  readonly accountUrl?: string | undefined;
}

/** What is served for the check's sake: whoever fetches the token's path must get this text. */
export interface HttpProbe {
  readonly token: string;
  readonly expected: string;
}

/** What all checks of one run share. */
export interface PreflightContext {
  readonly ports: Pick<Ports, 'http' | 'net'>;
  readonly resolver: WatchedResolver;
  readonly addresses: AddressBook;
  readonly ca: CaFacts;
  readonly http: { readonly port: number; readonly httpsPort: number; readonly probe: HttpProbe | undefined };
  readonly tls: { readonly port: number };
  readonly caIsPublic: boolean;
  /** For one exchange. */
  readonly exchangeMs: number;
  readonly signal: AbortSignal;
}

/** One name that is looked at. */
export interface Target {
  readonly identifier: Identifier;
  /** The name without `*.` and without final dot, or the address. */
  readonly name: string;
  readonly wildcard: boolean;
  /** The configured challenge types that fit it, in order. */
  readonly methods: readonly ChallengeType[];
}

/** One look at one name. Throws nothing but what the signal was aborted with, and failures of lookups. */
export type Check = (context: PreflightContext, target: Target) => Promise<readonly Problem[]>;

const dnsTypes: ReadonlySet<ChallengeType> = new Set(['dns-01', 'dns-account-01', 'dns-persist-01']);

export function isDnsType(method: ChallengeType): boolean {
  return dnsTypes.has(method);
}

/** A failure that says something about the name. @throws what was caught when it is none, or only the end of the time */
export function lookupFailure(error: unknown, signal: AbortSignal): EversealError {
  if (signal.aborted || !(error instanceof EversealError)) throw error;
  return error;
}

/** The signal for one wait of many: Node takes more than ten listeners on one signal for a leak, and says so. */
export function ownSignal(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal]);
}

/** `192.0.2.53`, with its port where that is not 53. */
export function shownServer({ host, port }: SocketAddress): string {
  return port === 53 ? host : shownAddress({ host, port });
}

export function shownAddress({ host, port }: SocketAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What failed, as the end of a sentence. */
export function reasonOf(error: unknown): string {
  return printable(messageOf(error), 300).replace(/\.$/, '');
}

/** `a, b and c`. */
export function listed(words: readonly string[], last = 'and'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}
