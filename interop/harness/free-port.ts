import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * A loopback port that was free a moment ago. Below the range that the kernel gives to outgoing connections, so that
 * nobody is handed it by chance before the server that it is for has started.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(10_000, 32_000);
    if (await canListen(port)) return port;
  }
  throw new Error('No free port found in 100 attempts.');
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
