/** The challenge flags as plain data: what is to be proved how. */
import {
  type Environment,
  EversealError,
  type Identifier,
  isWildcard,
  printable,
  type SocketAddress,
} from '../../core/index.ts';
import { atLeastOne, type RunFlags } from './contradictions.ts';
import { parseListenAddress } from './listen-address.ts';

export interface HttpChallenge {
  /** Answered by the web server of this folder, else by a listener at the address. */
  readonly webroot: string | undefined;
  readonly address: SocketAddress;
  readonly proxyHeader: string;
  readonly delayMs: number;
}

export interface TlsChallenge {
  readonly address: SocketAddress;
  readonly delayMs: number;
}

/** How DNS is looked at. */
export interface DnsLook {
  /** As typed; empty: those of this machine. */
  readonly resolvers: readonly string[];
  readonly timeoutMs: number;
  readonly checks: { readonly authoritative: boolean; readonly recursive: boolean; readonly fixedWaitMs?: number };
  readonly followCname: boolean;
}

export interface PersistChallenge {
  /** Code of the provider that makes the record; undefined: a person does. */
  readonly provider: string | undefined;
  readonly issuerDomainName: string | undefined;
  readonly persistUntil: Date | undefined;
  readonly look: DnsLook;
}

/** Each kind that was selected, in the order in which they are tried (lego's). */
export interface Challenges {
  readonly tls: TlsChallenge | undefined;
  readonly http: HttpChallenge | undefined;
  /** Code of the provider for DNS-01. */
  readonly dns: string | undefined;
  /** Code of the provider for DNS-ACCOUNT-01. */
  readonly dnsAccount: string | undefined;
  readonly look: DnsLook;
  readonly persist: PersistChallenge | undefined;
}

const second = 1_000;

/** @throws EversealError `usage` for a value that makes no sense */
export function readChallenges(flags: RunFlags, environment: Environment): Challenges {
  const { values } = flags;
  const family = values.ipv4only ? 4 : values.ipv6only ? 6 : undefined;
  const followCname = followsCname(environment);
  return {
    tls: values.tls
      ? { address: parseListenAddress(values['tls.address'], '--tls.address', family), delayMs: values['tls.delay'] }
      : undefined,
    http: values.http
      ? {
          webroot: values['http.webroot'] || undefined,
          address: parseListenAddress(values['http.address'], '--http.address', family),
          proxyHeader: values['http.proxy-header'],
          delayMs: values['http.delay'],
        }
      : undefined,
    dns: values.dns || undefined,
    dnsAccount: values['dns-account'] || undefined,
    look: readLook(flags, 'dns', followCname),
    persist: values['dns-persist']
      ? {
          provider: values['dns-persist.provider'] || undefined,
          issuerDomainName: values['dns-persist.issuer-domain-name'] || undefined,
          persistUntil: values['dns-persist.persist-until'],
          look: readLook(flags, 'dns-persist', followCname),
        }
      : undefined,
  };
}

function readLook(flags: RunFlags, prefix: DnsPrefix, followCname: boolean): DnsLook {
  const { values } = flags;
  return {
    resolvers: values[`${prefix}.resolvers`],
    timeoutMs: atLeastOne(`--${prefix}.timeout`, values[`${prefix}.timeout`]) * second,
    checks: propagationChecks(flags, prefix),
    followCname,
  };
}

type DnsPrefix = 'dns' | 'dns-persist';
type PropagationFlag<P extends DnsPrefix> = `${P}.propagation.${'wait' | 'disable-ans' | 'disable-rns'}`;

/** What is looked at before the CA is asked to. */
export function propagationChecks<P extends DnsPrefix>(
  { values }: { readonly values: Pick<RunFlags['values'], PropagationFlag<P>> },
  prefix: P,
): DnsLook['checks'] {
  const fixedWaitMs = values[`${prefix}.propagation.wait`];
  return {
    authoritative: !values[`${prefix}.propagation.disable-ans`],
    recursive: !values[`${prefix}.propagation.disable-rns`],
    ...(fixedWaitMs === undefined ? {} : { fixedWaitMs }),
  };
}

/** Whether TXT records are made at the end of CNAME chains. */
export function followsCname(environment: Environment): boolean {
  return !isTrue(environment.LEGO_DISABLE_CNAME_SUPPORT);
}

/** Go's words for true. */
function isTrue(text: string | undefined): boolean {
  return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text ?? '');
}

/**
 * Told before anything is asked of the CA.
 *
 * @throws EversealError `usage` for an identifier that no selected challenge can prove
 */
export function refuseUnprovable(identifiers: readonly Identifier[], { tls, http, ...dns }: Challenges): void {
  const byDns = [dns.dns, dns.dnsAccount, dns.persist].some((selected) => selected !== undefined);
  const byConnection = tls !== undefined || http !== undefined;
  const wildcard = identifiers.find(isWildcard);
  if (wildcard !== undefined && !byDns) {
    throw new EversealError('usage', `${names({ tls, http })} cannot prove the wildcard ${wildcard.value}`, {
      next: 'Add --dns with a DNS provider, or name each host instead: a wildcard needs a DNS challenge.',
    });
  }
  const address = identifiers.find(({ type }) => type === 'ip');
  if (address !== undefined && !byConnection) {
    throw new EversealError('usage', `A DNS challenge cannot prove the address ${printable(address.value)}`, {
      next: 'Add --http or --tls: an IP address is proved by a connection to it (RFC 8738).',
    });
  }
}

function names({ tls, http }: Pick<Challenges, 'tls' | 'http'>): string {
  return [...(http === undefined ? [] : ['HTTP-01']), ...(tls === undefined ? [] : ['TLS-ALPN-01'])].join(' and ');
}
