/** Runs of the shipped program that prove names by DNS. */
import { type Target, everseal } from './everseal.ts';
import type { NameServer } from './name-server.ts';
import type { Finished } from './process.ts';

export interface DnsWish {
  readonly path: string;
  readonly domains: readonly string[];
  /** Address of the resolver, port 53. */
  readonly resolver: string;
  /** How the names are proved. Default `--dns dnsupdate`. */
  readonly by?: readonly string[];
  readonly more?: readonly string[];
  /** The provider's variables. */
  readonly settings: Readonly<Record<string, string>>;
}

export function dnsArguments(target: Pick<Target, 'directory'>, wish: DnsWish): readonly string[] {
  const { by = ['--dns', 'dnsupdate'] } = wish;
  return [
    'run',
    ...['--server', target.directory],
    ...['--email', 'suite@example.com'],
    '--accept-tos',
    ...['--domains', wish.domains.join(',')],
    ...by,
    ...[by.includes('--dns-persist') ? '--dns-persist.resolvers' : '--dns.resolvers', wish.resolver],
    ...['--path', wish.path],
    ...(wish.more ?? []),
  ];
}

export function dnsEnvironment(target: Pick<Target, 'tlsRoot'>, wish: DnsWish): Readonly<Record<string, string>> {
  return { LEGO_CA_CERTIFICATES: target.tlsRoot, ...wish.settings };
}

export function obtainByDns(target: Pick<Target, 'directory' | 'tlsRoot'>, wish: DnsWish): Promise<Finished> {
  return everseal(dnsArguments(target, wish), { env: dnsEnvironment(target, wish) });
}

/** What `dnsupdate` is told to update this server. */
export function dnsupdateSettings({ address, key }: Pick<NameServer, 'address' | 'key'>): Record<string, string> {
  return {
    DNSUPDATE_NAMESERVER: address.includes(':') ? `[${address}]:53` : address,
    DNSUPDATE_TSIG_KEY: key.name,
    DNSUPDATE_TSIG_ALGORITHM: key.algorithm,
    DNSUPDATE_TSIG_SECRET: key.secret.reveal(),
  };
}
