/**
 * The ports on a real machine. The only folder that touches Node's clock, network, disk and processes; everything that
 * is heavy to load (TLS, HTTP, child processes) is loaded at its first use.
 *
 * @module
 */
import type { Log, Ports } from '../core/index.ts';
import { nodeClock } from './clock.ts';
import { nodeDisk } from './disk.ts';
import type { Environment } from './environment.ts';
import { nodeHost } from './host.ts';
import { nodeHttp } from './http.ts';
import { nodeKeys } from './keys.ts';
import { silentLog } from './log.ts';
import { nodeNet } from './net.ts';
import { nodeRandom } from './random.ts';
import { nodeSpawn } from './spawn.ts';
import { nodeTerminal } from './terminal.ts';

export type { Environment } from './environment.ts';
export { type LogLevel, silentLog, textLog } from './log.ts';

export interface NodePortsOptions {
  /** Where proxies and the wish for colours are read from. Default: the environment of this process. */
  readonly env?: Environment;
  /** Default: {@link silentLog}. */
  readonly log?: Log;
}

/**
 * The world outside, as it is.
 *
 * @example
 * ```ts
 * import { nodePorts } from 'everseal/node';
 * const { net, http } = nodePorts();
 * const listener = await net.serveHttp({
 *   address: { host: '127.0.0.1', port: 0 },
 *   handler: async () => new Response('hello'),
 * });
 * const url = `http://127.0.0.1:${listener.addresses[0]?.port}/`;
 * console.log(Buffer.from((await http.request({ method: 'GET', url })).body).toString()); // hello
 * await listener.close();
 * ```
 */
export function nodePorts(options: NodePortsOptions = {}): Ports {
  const { env = process.env, log = silentLog } = options;
  const clock = nodeClock();
  return {
    clock,
    random: nodeRandom(),
    keys: nodeKeys(),
    http: nodeHttp({ env, clock }),
    net: nodeNet({ clock, log }),
    fs: nodeDisk(),
    spawn: nodeSpawn(clock),
    host: nodeHost(clock),
    terminal: nodeTerminal(env),
    log,
  };
}
