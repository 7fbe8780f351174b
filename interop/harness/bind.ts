/** BIND 9 as an authoritative server, as a secondary that lags, and as a resolver. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '../../src/core/index.ts';
import type { TsigAlgorithm, TsigKey } from '../../src/dns/index.ts';
import { temporaryFolder } from './folder.ts';
import { loopbackAddresses } from './loopback.ts';
import { isReady, type NameServer, type Zone, zoneFile } from './name-server.ts';
import { startServer, waitFor } from './process.ts';

export interface BindOptions {
  /** Addresses of loopback; the first is how it is known. */
  readonly addresses: readonly string[];
  /** Zones it is the primary of. */
  readonly zones?: readonly Zone[];
  /** Zones it copies, at the pace of their SOA alone: nobody notifies it. */
  readonly secondaryOf?: { readonly primary: string; readonly zones: readonly string[]; readonly everySeconds: number };
  /** Where it finds zones when it resolves for others: apex → address. Given: it is a resolver, and there is nothing else. */
  readonly forwards?: Readonly<Record<string, string>>;
  readonly algorithm?: TsigAlgorithm;
}

const secret = Buffer.from('a key of the interop suite, thirty-two octets and more').toString('base64');

export async function startBind(options: BindOptions): Promise<NameServer> {
  const folder = temporaryFolder();
  const key: TsigKey = {
    name: 'suite-key.',
    algorithm: options.algorithm ?? 'hmac-sha256',
    secret: new Secret(secret),
  };
  mkdirSync(join(folder.path, 'zones'));
  for (const zone of options.zones ?? []) writeFileSync(join(folder.path, 'zones', zone.apex), zoneFile(zone));
  writeFileSync(
    join(folder.path, 'zones', 'root'),
    '$TTL 1\n. SOA ns hostmaster 1 5 1 86400 1\n. NS ns\nns A 127.0.0.1\n',
  );
  const config = join(folder.path, 'named.conf');
  writeFileSync(config, configuration(folder.path, key, options));
  const release = loopbackAddresses(options.addresses);
  const server = startServer('named', ['-g', '-c', config]);
  const [address = ''] = options.addresses;
  const stop = async () => {
    await server.stop();
    release();
    folder.remove();
  };
  const known = options.zones?.[0]?.apex ?? options.secondaryOf?.zones[0] ?? '';
  try {
    await waitFor(server, () => isReady(address, known));
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, key, log: () => server.output(), stop };
}

function configuration(folder: string, key: TsigKey, options: BindOptions): string {
  const { addresses, zones = [], secondaryOf, forwards } = options;
  const v4 = addresses.filter((address) => !address.includes(':'));
  const v6 = addresses.filter((address) => address.includes(':'));
  const list = (items: readonly string[]) => `{ ${items.map((item) => `${item};`).join(' ')} }`;
  return [
    'options {',
    `  directory "${folder}"; pid-file "${folder}/named.pid"; session-keyfile "${folder}/session.key";`,
    `  listen-on port 53 ${list(v4.length > 0 ? v4 : ['none'])}; listen-on-v6 port 53 ${list(v6.length > 0 ? v6 : ['none'])};`,
    `  recursion ${forwards === undefined ? 'no' : 'yes'}; allow-query { any; }; allow-recursion { any; };`,
    '  querylog yes; dnssec-validation no; notify no; minimal-responses yes; max-cache-ttl 1; max-ncache-ttl 1;',
    ...(secondaryOf === undefined ? [] : refresh(secondaryOf.everySeconds)),
    // Pebble opens three connections for each name at once: a full queue costs the second after which TCP tries again.
    '  tcp-listen-queue 512; tcp-clients 1000;',
    '};',
    'controls { };',
    `key "${key.name}" { algorithm ${key.algorithm}; secret "${key.secret.reveal()}"; };`,
    ...zones.map(
      ({ apex, updates = true }) =>
        `zone "${apex}" { type primary; file "zones/${apex}"; allow-update { ${updates ? `key "${key.name}"` : 'none'}; }; allow-transfer { any; }; };`,
    ),
    ...(secondaryOf?.zones ?? []).map(
      (apex) =>
        `zone "${apex}" { type secondary; primaries { ${secondaryOf?.primary}; }; masterfile-format text; file "zones/${apex}"; };`,
    ),
    ...(forwards === undefined ? [] : ['zone "." { type primary; file "zones/root"; };']),
    ...Object.entries(forwards ?? {}).map(
      ([apex, address]) => `zone "${apex}" { type static-stub; server-addresses { ${address}; }; };`,
    ),
    '',
  ].join('\n');
}

function refresh(seconds: number): readonly string[] {
  return [`  min-refresh-time ${seconds}; max-refresh-time ${seconds}; min-retry-time 1; max-retry-time ${seconds};`];
}
