import { dirname, join } from 'node:path';

/** The repository's root: where scripts start everything from. */
export const root = process.cwd();

/** The program as it is shipped. */
export const program = join(root, 'dist', 'bin', 'everseal.js');

export const programFolder = dirname(program);

/** Where `scripts/lib/peers.mjs` has put a peer. */
export function peer(
  name: 'pebble' | 'pebble-challtestsrv' | 'lego' | 'certbot' | 'acme-client' | 'dns-packet' | 'dnspython',
): string {
  const path = process.env[`PEER_${name.toUpperCase().replaceAll('-', '_')}`];
  if (path === undefined) throw new Error(`${name} is not installed here: run the suites by \`npm run interop\`.`);
  return path;
}
