/** PowerDNS with its HTTP API, records in SQLite. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folder.ts';
import { freePort } from './free-port.ts';
import { loopbackAddresses } from './loopback.ts';
import { isReady, type Zone } from './name-server.ts';
import { startServer, waitFor } from './process.ts';

export interface PowerDns {
  readonly address: string;
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Makes the zone anew with these records, `NAME TYPE CONTENT` relative to the apex. */
  createZone(zone: Zone, options?: { readonly dnssec?: boolean }): Promise<void>;
  /** Adds to what stands at a name: for values of somebody else's. */
  replace(
    apex: string,
    rrset: { readonly name: string; readonly ttl: number; readonly texts: readonly string[] },
  ): Promise<void>;
  log(): string;
  stop(): Promise<void>;
}

const schema = '/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql';
const apiKey = 'the-suites-api-key';

export async function startPowerDns(address: string): Promise<PowerDns> {
  const folder = temporaryFolder();
  const database = join(folder.path, 'pdns.sqlite3');
  execFileSync('sqlite3', [database, `.read ${schema}`]);
  mkdirSync(join(folder.path, 'run'));
  const port = await freePort();
  const release = loopbackAddresses([address]);
  const server = startServer('pdns_server', [
    `--config-dir=${folder.path}`,
    `--socket-dir=${folder.path}/run`,
    '--daemon=no',
    '--guardian=no',
    '--launch=gsqlite3',
    `--gsqlite3-database=${database}`,
    '--gsqlite3-dnssec=yes',
    `--local-address=${address}`,
    '--local-port=53',
    '--cache-ttl=0',
    '--query-cache-ttl=0',
    // Each request to the API is a line.
    '--loglevel=5',
    '--negquery-cache-ttl=0',
    '--zone-cache-refresh-interval=0',
    '--api=yes',
    `--api-key=${apiKey}`,
    '--webserver=yes',
    '--webserver-address=127.0.0.1',
    `--webserver-port=${port}`,
    '--webserver-allow-from=127.0.0.1',
  ]);
  const apiUrl = `http://127.0.0.1:${port}`;
  const call = async (method: string, path: string, body?: object): Promise<void> => {
    const reply = await fetch(`${apiUrl}/api/v1/servers/localhost${path}`, {
      method,
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
  };
  const stop = async () => {
    await server.stop();
    release();
    folder.remove();
  };
  try {
    await waitFor(server, async () => call('GET', '').then(() => true));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    address,
    apiUrl,
    apiKey,
    log: () => server.output(),
    stop,
    async createZone({ apex, records }, options = {}) {
      const rrsets = records.map((line) => {
        const [name = '', type = '', ...content] = line.split(' ');
        const owner = name === '@' ? `${apex}.` : `${name}.${apex}.`;
        return { name: owner, type, ttl: 60, changetype: 'REPLACE', records: [{ content: content.join(' ') }] };
      });
      await call('POST', '/zones', { name: `${apex}.`, kind: 'Master', nameservers: [], rrsets, ...options });
      await waitFor(server, () => isReady(address, apex));
    },
    async replace(apex, { name, ttl, texts }) {
      const records = texts.map((text) => ({ content: `"${text}"` }));
      const rrset = { name, type: 'TXT', ttl, changetype: 'REPLACE', records };
      await call('PATCH', `/zones/${apex}.`, { rrsets: [rrset] });
    },
  };
}
