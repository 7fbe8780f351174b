import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { EversealError } from '../core/index.ts';
import { networkFailure } from './network-failure.ts';

/** The loopback addresses by family. IPv4 comes first: more servers listen there alone. */
const loopback: Readonly<Record<'4' | '6', string>> = { 4: '127.0.0.1', 6: '::1' };

/**
 * Host name to IP literals, as the system sees it; special names (RFC 6761) are answered here, since Node's resolver
 * does not know `*.localhost`.
 *
 * @throws EversealError `name-not-found`
 */
export async function resolveName(hostname: string, family?: 4 | 6): Promise<readonly string[]> {
  const addresses = await findAddresses(hostname.toLowerCase().replace(/\.$/, ''), family);
  if (addresses.length === 0) throw notFound(hostname);
  return addresses;
}

async function findAddresses(name: string, family: 4 | 6 | undefined): Promise<readonly string[]> {
  if (isIP(name) !== 0) return family === undefined || isIP(name) === family ? [name] : [];
  if (isBelow(name, 'localhost')) return family === undefined ? [loopback[4], loopback[6]] : [loopback[family]];
  if (isBelow(name, 'invalid')) return [];
  return askSystem(name, family);
}

function isBelow(name: string, top: string): boolean {
  return name === top || name.endsWith(`.${top}`);
}

async function askSystem(name: string, family: 4 | 6 | undefined): Promise<readonly string[]> {
  const { lookup } = await import('node:dns/promises');
  try {
    const found = await lookup(name, { all: true, family: family ?? 0, verbatim: true });
    return [...new Set(found.map(({ address }) => address))];
  } catch (error) {
    throw networkFailure(error, name);
  }
}

function notFound(hostname: string): EversealError {
  return networkFailure(Object.assign(new TypeError('no address'), { code: 'ENOTFOUND' }), hostname);
}

/** {@link resolveName} in the form that Node's sockets take. */
export const lookupName: LookupFunction = (hostname, options, callback) => {
  const family = options.family === 4 || options.family === 6 ? options.family : undefined;
  resolveName(hostname, family).then(
    (addresses) => {
      const found = addresses.map((address): LookupAddress => ({ address, family: isIP(address) }));
      if (options.all) callback(null, found);
      else callback(null, found[0]?.address ?? '', found[0]?.family);
    },
    (error: EversealError) => callback(error, ''),
  );
};
