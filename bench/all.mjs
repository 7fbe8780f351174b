#!/usr/bin/env node
// Measures the peers and us in one run and prints tables: `npm run bench`, or one of `startup`, `start-ca`, `dns`, `issuance`.
import { installDebianPrograms, installPeer, peerEnvironment } from '../scripts/lib/peers.mjs';
import { fromRoot } from '../scripts/lib/tree.mjs';
import { runTypeScript } from '../scripts/lib/typescript.mjs';

const benches = {
  startup: [],
  'start-ca': ['pebble', 'pebble-challtestsrv'],
  dns: ['pebble', 'pebble-challtestsrv', 'lego', 'certbot'],
  issuance: ['pebble', 'pebble-challtestsrv', 'lego', 'certbot', 'acme-client'],
};

const words = process.argv.slice(2);
const chosen = words.filter((word) => word in benches);
const rest = words.filter((word) => !(word in benches));

for (const name of chosen.length > 0 ? chosen : Object.keys(benches)) {
  const peers = benches[name];
  if (name === 'dns') installDebianPrograms();
  for (const peer of peers) await installPeer(peer);
  const code = await runTypeScript(fromRoot('bench', `${name}.ts`), rest, peerEnvironment(peers));
  if (code !== 0) process.exitCode = code;
}
