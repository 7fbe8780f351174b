/** The conversation with an API in full, for who has to find out what goes wrong. */
import type { Terminal } from '../../core/index.ts';
import type { WireRequest } from './api-request.ts';
import type { Redaction } from './redaction.ts';

export interface TrafficLog {
  request(wire: WireRequest): void;
  response(status: number, headers: ReadonlyMap<string, readonly string[]>, text: string): void;
}

export const noTrafficLog: TrafficLog = { request: () => undefined, response: () => undefined };

const hiddenHeaders = /^(authorization|cookie|set-cookie|x-auth-.*|x-api-key|.*token.*|.*secret.*)$/;

/**
 * To standard output; known secrets and headers that carry some as `***`.
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * import { Redaction, trafficLog } from 'everseal/dns';
 * import { nodePorts } from 'everseal/node';
 * const log = trafficLog(nodePorts().terminal, new Redaction([new Secret('hush')]));
 * log.request({ method: 'GET', url: 'https://dns.example/zones?key=hush', headers: {} }); // [HTTP Request] … key=***
 * ```
 */
export function trafficLog(terminal: Pick<Terminal, 'write'>, redaction: Redaction): TrafficLog {
  const write = (title: string, head: string, headers: readonly (readonly [string, string])[], body: string): void => {
    const lines = headers.map(([name, value]) => `${name}: ${hiddenHeaders.test(name) ? '***' : value}`);
    const text = redaction.apply([title, head, ...lines, '', body].join('\n'));
    // Whatever a server sends, it does not steer the terminal.
    terminal.write(`${text.replaceAll('\r\n', '\n').replace(/[^\P{Cc}\n\t]/gu, '\uFFFD')}\n`);
  };
  return {
    request: ({ method, url, headers, body = '' }) =>
      write('[HTTP Request]', `${method} ${url}`, Object.entries(headers), body),
    response: (status, headers, text) => {
      const fields = [...headers].flatMap(([name, values]) => values.map((value) => [name, value] as const));
      write('[HTTP Response]', String(status), fields, text);
    },
  };
}
