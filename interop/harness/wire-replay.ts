/**
 * Recorded conversations of lego with DNS APIs, played against our providers: the n-th request gets the n-th reply, and each
 * request must mean what lego's meant. The recordings are not a part of this repository: `EVERSEAL_DNS_WIRE` names their folder.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';

export interface WireRequest {
  readonly method: string;
  /** With its query, percent-encoding kept. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface WireCall {
  readonly request: WireRequest;
  readonly response: WireResponse;
}

export interface WireTrace {
  readonly test: string;
  readonly level: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly state?: { readonly recordIDs?: Readonly<Record<string, string>> };
  readonly inputs?: {
    readonly domain: string;
    readonly token: string;
    readonly keyAuth: string;
    readonly effectiveFqdn?: string;
    readonly value?: string;
  };
  readonly calls: readonly WireCall[];
  readonly expected_error?: string;
}

/** All recordings of one provider. */
export function wireTraces(code: string): readonly WireTrace[] {
  const folder = process.env.EVERSEAL_DNS_WIRE;
  if (folder === undefined || folder === '')
    throw new Error('EVERSEAL_DNS_WIRE is not set: it must name the folder with the recordings (cloudflare.json, …).');
  const path = join(folder, `${code}.json`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`There is no recording ${path}: EVERSEAL_DNS_WIRE must name the folder with the recordings.`, {
      cause: error,
    });
  }
  const { traces }: { traces: readonly WireTrace[] } = JSON.parse(text);
  return traces;
}

/** The recording of that name. */
export function wireTrace(code: string, test: string): WireTrace {
  const trace = wireTraces(code).find((known) => known.test === test);
  if (trace === undefined) throw new Error(`The recordings of ${code} have no ${test}.`);
  return trace;
}

export interface Replay {
  /** Address of the server that answers, without a final slash. */
  readonly server: string;
  /** Texts of a recording with its placeholders replaced. */
  fill(text: string): string;
  /** Fails unless the requests so far are those of the calls, one for one. */
  expectAllPlayed(): void;
  close(): Promise<void>;
}

/** A server that answers as recorded. A request beyond the recording gets status 599. */
export async function replay(calls: readonly WireCall[]): Promise<Replay> {
  const received: WireRequest[] = [];
  let origin = '';
  const fill = (text: string) =>
    text.replaceAll('{{server}}', origin).replaceAll('{{server_host}}', new URL(origin).host);
  const server = createServer((request, response) => {
    receive(request).then((seen) => {
      received.push(seen);
      answer(response, calls[received.length - 1]?.response, fill);
    });
  });
  origin = await listen(server);
  return {
    server: origin,
    fill,
    expectAllPlayed() {
      expect(received.map(inWords)).toEqual(calls.map(({ request }) => inWords(request)));
      for (const [index, { request }] of calls.entries()) expectSame(received[index], request, fill);
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

async function receive(request: IncomingMessage): Promise<WireRequest> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const body = Buffer.concat(pieces).toString('utf8');
  return { method: request.method ?? '', path: request.url ?? '', headers, ...(body !== '' && { body }) };
}

function answer(response: ServerResponse, recorded: WireResponse | undefined, fill: (text: string) => string): void {
  if (recorded === undefined) {
    response.writeHead(599, { connection: 'close' }).end('not in the recording');
    return;
  }
  response.writeHead(recorded.status, { ...recorded.headers, connection: 'close' });
  response.end(fill(recorded.body ?? ''));
}

function inWords({ method, path }: WireRequest): string {
  return `${method} ${path.replace(/\?.*/s, '')}`;
}

/** By meaning: the query as a multiset, JSON and forms by their content, media types without parameters. */
function expectSame(seen: WireRequest | undefined, recorded: WireRequest, fill: (text: string) => string): void {
  const title = inWords(recorded);
  expect(queryOf(seen?.path ?? ''), `query of ${title}`).toEqual(queryOf(fill(recorded.path)));
  expect(credentialsOf(seen?.headers ?? {}), `credentials of ${title}`).toEqual(credentialsOf(recorded.headers));
  for (const name of ['accept', ...(recorded.body ? ['content-type'] : [])])
    if (recorded.headers[name] !== undefined)
      expect(mediaType(seen?.headers[name]), `${name} of ${title}`).toBe(mediaType(recorded.headers[name]));
  expect(meaningOf(seen), `body of ${title}`).toEqual(meaningOf({ ...recorded, body: fill(recorded.body ?? '') }));
}

function queryOf(path: string): readonly string[] {
  const pairs = [...new URL(path, 'http://any').searchParams].map(([name, value]) => `${name}=${value}`);
  return pairs.sort();
}

const plumbing = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'host',
  'transfer-encoding',
  'user-agent',
]);

/** Everything but what a connection needs: credentials go by many names. */
function credentialsOf(headers: WireRequest['headers']): WireRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !plumbing.has(name)));
}

function mediaType(value: string | readonly string[] | undefined): string {
  return String(value).replace(/;.*/s, '').trim().toLowerCase();
}

function meaningOf(request: WireRequest | undefined): unknown {
  const text = request?.body ?? '';
  const type = mediaType(request?.headers['content-type']);
  if (text === '') return '';
  if (type.endsWith('json')) return JSON.parse(text);
  return type === 'application/x-www-form-urlencoded' ? queryOf(`?${text}`) : text;
}
