/** Addresses of loopback that a server may have for itself: BIND listens only where an interface has the address. */
import { execFileSync } from 'node:child_process';

const own = new Map<string, number>();

/** Gives the loopback interface these addresses; the returned function takes them away again. */
export function loopbackAddresses(addresses: readonly string[]): () => void {
  const added = addresses.filter((address) => address !== '::1' && address !== '127.0.0.1');
  for (const address of added) {
    if ((own.get(address) ?? 0) === 0) ip('replace', address);
    own.set(address, (own.get(address) ?? 0) + 1);
  }
  return () => {
    for (const address of added.splice(0)) {
      const left = (own.get(address) ?? 1) - 1;
      own.set(address, left);
      if (left === 0) ip('delete', address);
    }
  };
}

function ip(verb: 'replace' | 'delete', address: string): void {
  const prefix = address.includes(':') ? ['-6'] : ['-4'];
  execFileSync('ip', [...prefix, 'address', verb, `${address}/${address.includes(':') ? 128 : 32}`, 'dev', 'lo']);
}
