import type { Socket } from 'node:net';
import { EversealError } from '../core/index.ts';
import { networkFailure } from './network-failure.ts';

/**
 * Waits until a new socket is ready (`connect`, `secureConnect`); destroys it when the signal fires first.
 *
 * @throws EversealError in the codes of the `http` port, or the reason of the signal
 */
export function settleSocket(
  socket: Socket,
  ready: 'connect' | 'secureConnect',
  options: { readonly signal: AbortSignal; readonly where: string },
): Promise<void> {
  const { signal, where } = options;
  return new Promise((resolve, reject) => {
    const end = (): void => {
      signal.removeEventListener('abort', stop);
      socket.off('close', closed);
    };
    const stop = (): void => {
      end();
      socket.destroy();
      reject(signal.reason);
    };
    const closed = (): void => {
      end();
      reject(new EversealError('connection-reset', `Cannot reach ${where}: the connection was cut off`));
    };
    socket.on('error', (error) => {
      end();
      reject(networkFailure(error, where));
    });
    socket.once('close', closed);
    socket.once(ready, () => {
      end();
      resolve();
    });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
