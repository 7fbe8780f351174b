import { EversealError, printable, type SocketAddress } from '../../core/index.ts';

const shape = /^(?:\[(?<bracketed>[^\]]*)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/;
const anyAddress: Readonly<Record<4 | 6, string>> = { 4: '0.0.0.0', 6: '::' };

/**
 * Reads `HOST:PORT`, `[IPV6]:PORT` or `:PORT` (all addresses, of `family` when one is given).
 *
 * @throws EversealError `usage` when it is none of them
 */
export function parseListenAddress(text: string, flag: string, family?: 4 | 6): SocketAddress {
  const groups = shape.exec(text.trim())?.groups;
  const port = Number(groups?.port ?? Number.NaN);
  if (groups === undefined || !(port <= 65_535)) {
    throw new EversealError('usage', `Flag ${flag} cannot listen on "${printable(text, 80)}"`, {
      next: `Give HOST:PORT or :PORT, for instance ${flag} :5002.`,
    });
  }
  const host = groups.bracketed ?? groups.host ?? '';
  return { host: host === '' && family !== undefined ? anyAddress[family] : host, port };
}
