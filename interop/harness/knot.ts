/** Knot DNS as an authoritative server. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '../../src/core/index.ts';
import type { TsigKey } from '../../src/dns/index.ts';
import { temporaryFolder } from './folder.ts';
import { loopbackAddresses } from './loopback.ts';
import { isReady, type NameServer, type Zone, zoneFile } from './name-server.ts';
import { startServer, waitFor } from './process.ts';

const secret = Buffer.from('another key of the suite, for Knot, thirty-two octets').toString('base64');

export async function startKnot(options: {
  readonly address: string;
  readonly zones: readonly Zone[];
}): Promise<NameServer> {
  const { address, zones } = options;
  const folder = temporaryFolder();
  const key: TsigKey = { name: 'knot-key.', algorithm: 'hmac-sha512', secret: new Secret(secret) };
  for (const zone of zones) writeFileSync(join(folder.path, `${zone.apex}.zone`), zoneFile(zone));
  mkdirSync(join(folder.path, 'db'));
  const config = join(folder.path, 'knot.conf');
  writeFileSync(config, configuration(folder.path, address, key, zones));
  const release = loopbackAddresses([address]);
  const server = startServer('knotd', ['-c', config]);
  const stop = async () => {
    await server.stop();
    release();
    folder.remove();
  };
  try {
    const [first] = zones;
    await waitFor(server, () => isReady(address, first?.apex ?? '.'));
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, key, log: () => server.output(), stop };
}

function configuration(folder: string, address: string, key: TsigKey, zones: readonly Zone[]): string {
  return [
    'server:',
    `  rundir: "${folder}"`,
    `  listen: ${address}@53`,
    'log:',
    '  - target: stdout',
    '    any: info',
    'database:',
    `  storage: "${folder}/db"`,
    'key:',
    `  - id: ${key.name}`,
    `    algorithm: ${key.algorithm}`,
    `    secret: ${key.secret.reveal()}`,
    'acl:',
    '  - id: updates',
    `    key: ${key.name}`,
    '    action: update',
    'template:',
    '  - id: default',
    `    storage: "${folder}"`,
    '    file: "%s.zone"',
    'zone:',
    ...zones.flatMap(({ apex, updates = true }) => [`  - domain: ${apex}`, ...(updates ? ['    acl: updates'] : [])]),
    '',
  ].join('\n');
}
