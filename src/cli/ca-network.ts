import { isSpecialUse, specialAddress } from '../challenges/preflight/special-use.ts';
import { parseIpAddress, type Ports } from '../core/index.ts';

/** Where a CA is. One in a `private` network (or on this machine) sees other names and addresses than the public does. */
export async function networkOf({ net }: Pick<Ports, 'net'>, directory: string): Promise<'public' | 'private'> {
  const host = new URL(directory).hostname.replace(/^\[(.*)\]$/, '$1');
  if (parseIpAddress(host) === undefined && isSpecialUse(host.replace(/\.$/, ''))) return 'private';
  const addresses = await net.resolve(host).catch(() => []);
  const isPrivate = addresses.length > 0 && addresses.every((address) => specialAddress(address) !== undefined);
  return isPrivate ? 'private' : 'public';
}
