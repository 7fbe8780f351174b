import { EversealError, printable } from '../core/index.ts';

/** The server broke the protocol: nothing of what it sent is used. `why` may quote the server: it is made printable. */
export function badServer(what: string, url: string, why: string, cause?: unknown): EversealError {
  return new EversealError('bad-server', `${what} at ${printable(url, 200)} is unusable: ${printable(why, 300)}`, {
    next: 'Check that the directory URL belongs to an ACME server and that no proxy or captive portal answers instead.',
    cause,
  });
}
