import { describe, expect, it } from 'vitest';
import { BatchError, type Environment } from '../core/index.ts';
import { entry } from './httpreq.ts';
import './httpreq-provider.ts'; // loaded before virtual time begins
import { failureOf, onStage, recordFor, signal, type Stage } from './stage.testing.ts';
import { WebServer } from './web-server.testing.ts';

const apex = recordFor('example.com', 'value-1');
const wildcard = recordFor('example.com', 'value-2');
const other = recordFor('www.example.com', 'value-3');
const receipts = [apex, wildcard, other].map((record) => ({ record, receipt: {} }));
const password = 'pass:wörd';
const login = { HTTPREQ_USERNAME: 'user', HTTPREQ_PASSWORD: password };
const encoded = Buffer.from(`user:${password}`).toString('base64');

async function withServer(
  environment: Environment,
  story: (stage: Stage, server: WebServer) => Promise<void>,
  answer?: (request: Request, body: string) => Response,
): Promise<WebServer> {
  const server = new WebServer(answer ?? (() => new Response('done')));
  await onStage(
    {
      entry,
      environment: { HTTPREQ_ENDPOINT: 'http://dns.example/api/', ...environment },
      secrets: [password, encoded],
      prepare: (world) => server.start(world, 'dns.example'),
    },
    (stage) => story(stage, server),
  );
  return server;
}

describe('httpreq', () => {
  it('posts name and value to present and cleanup below the endpoint', async () => {
    const { requests } = await withServer({}, async ({ open }) => {
      const provider = await open();
      expect(await provider.add([apex, wildcard], signal)).toHaveLength(2);
      await provider.remove(receipts.slice(0, 2), signal);
    });
    expect(requests.map(({ line }) => line)).toEqual([
      'POST /api/present',
      'POST /api/present',
      'POST /api/cleanup',
      'POST /api/cleanup',
    ]);
    expect(requests.map(({ body }) => JSON.parse(body))).toEqual(
      ['value-1', 'value-2', 'value-1', 'value-2'].map((value) => ({ fqdn: '_acme-challenge.example.com.', value })),
    );
    const { headers } = requests[0] ?? {};
    expect(headers?.get('content-type')).toBe('application/json');
    expect(headers?.get('accept')).toBe('application/json');
    expect(headers?.get('authorization')).toBeNull();
  });

  it('posts domain, token and key authorization in RAW mode', async () => {
    const { requests } = await withServer({ HTTPREQ_MODE: 'RAW' }, async ({ open }) => {
      await (await open()).add([apex], signal);
      const plain = { name: apex.name, zone: '', value: 'v' };
      expect(await failureOf((await open()).add([plain], signal))).toMatchObject({ code: 'usage' });
    });
    expect(requests.map(({ body }) => JSON.parse(body))).toEqual([
      { domain: 'example.com', token: '-token-value-1', keyAuth: '-token-value-1.thumbprint' },
    ]);
  });

  it('takes any other mode for the default one, and says so', async () => {
    const { requests } = await withServer({ HTTPREQ_MODE: 'raw' }, async ({ open, events }) => {
      await (await open()).add([apex], signal);
      expect(events).toEqual([
        { type: 'warning', message: 'httpreq: HTTPREQ_MODE=raw is not RAW: the server gets name and value' },
      ]);
    });
    expect(JSON.parse(requests[0]?.body ?? '')).toHaveProperty('fqdn');
  });

  it('logs in with user name and password, of the variables or of the endpoint', async () => {
    const ends = { HTTPREQ_ENDPOINT: `http://me:${encodeURIComponent('pass wörd')}@dns.example` };
    const authorization = async (environment: Environment): Promise<string | null | undefined> => {
      const { requests } = await withServer(environment, async ({ open }) => {
        await (await open()).add([apex], signal);
      });
      return requests[0]?.headers.get('authorization');
    };
    expect(await authorization(login)).toBe(`Basic ${encoded}`);
    expect(await authorization({ HTTPREQ_USERNAME: 'user' })).toBeNull();
    expect(await authorization(ends)).toBe(`Basic ${Buffer.from('me:pass wörd').toString('base64')}`);
    expect(await authorization({ ...ends, ...login })).toBe(`Basic ${encoded}`);
  });

  it('sends one request at a time, unless HTTPREQ_PARALLEL says that the server can take more', async () => {
    const took = async (environment: Environment): Promise<number> => {
      let ms = 0;
      await withServer(environment, async ({ open, ports }, server) => {
        server.delayMs = 1000;
        const provider = await open();
        expect(provider.locks([apex])).toEqual(
          environment.HTTPREQ_PARALLEL === undefined ? [{ key: 'httpreq:http://dns.example/api/', hold: 'write' }] : [],
        );
        const before = ports.clock.monotonic();
        await provider.add([apex, wildcard, other], signal);
        ms = ports.clock.monotonic() - before;
      });
      return ms;
    };
    expect(await took({})).toBeGreaterThan(3000);
    expect(await took({ HTTPREQ_PARALLEL: 'true' })).toBeLessThan(1500);
  });

  it('has its timing from the variables', async () => {
    const environment = { HTTPREQ_PROPAGATION_TIMEOUT: '9', HTTPREQ_POLLING_INTERVAL: '3' };
    await withServer(environment, async ({ open }) => {
      expect((await open()).timing).toEqual({ timeoutMs: 9000, intervalMs: 3000 });
      expect((await open({ HTTPREQ_ENDPOINT: 'https://h' })).timing).toEqual({ timeoutMs: 60_000, intervalMs: 2000 });
    });
  });

  it.each(['', 'dns.example', 'ftp://dns.example', 'http://'])(
    'needs an endpoint, and %j is none',
    async (endpoint) => {
      await onStage({ entry, environment: { HTTPREQ_ENDPOINT: endpoint } }, async ({ open }) => {
        expect(await failureOf(open())).toMatchObject({
          code: 'usage',
          message: expect.stringContaining('HTTPREQ_ENDPOINT'),
        });
      });
    },
  );
});

describe('a failing request', () => {
  it('ends the order, with the answer of the server for that record', async () => {
    const { requests } = await withServer(
      {},
      async ({ open }) => {
        const provider = await open();
        const failure = await failureOf(provider.add([apex, wildcard, other], signal));
        expect(failure).toBeInstanceOf(BatchError);
        expect(failure).toMatchObject({
          code: 'provider-failed',
          message: 'httpreq: POST http://dns.example/api/present was answered with 422: no such zone',
          failures: [{ index: 1 }],
        });
        await provider.remove(receipts, signal).catch(() => undefined);
      },
      (_, body) => (body.includes('value-2') ? new Response('no such\nzone\n', { status: 422 }) : new Response()),
    );
    // What was presented or begun is cleaned up, and nothing else.
    expect(requests.map(({ line }) => line.slice(10))).toEqual(['present', 'present', 'cleanup', 'cleanup']);
  });

  it('with a wrong password does not show it, and is not tried for the other records', async () => {
    const { requests } = await withServer(
      login,
      async ({ open }) => {
        const failure = await failureOf((await open()).add([apex, wildcard], signal));
        expect(failure).not.toBeInstanceOf(BatchError);
        expect(failure).toMatchObject({
          message: 'httpreq: POST http://dns.example/api/present was answered with 401: got *** and ***',
          next: expect.stringContaining('password'),
        });
      },
      (request) =>
        new Response(`got ${password} and ${request.headers.get('authorization')?.slice(6)}`, { status: 401 }),
    );
    expect(requests).toHaveLength(1);
  });

  it('is shown in full with LEGO_DEBUG_CLIENT_VERBOSE_ERROR, and all traffic with LEGO_DEBUG_DNS_API_HTTP_CLIENT', async () => {
    await withServer(
      { ...login, LEGO_DEBUG_CLIENT_VERBOSE_ERROR: 'true', LEGO_DEBUG_DNS_API_HTTP_CLIENT: '1' },
      async ({ open, process, events }) => {
        const failure = await failureOf((await open()).add([apex], signal));
        expect(String(failure)).toContain('[request: POST http://dns.example/api/present]');
        expect(process.terminal.stdout).toContain('[HTTP Request]\nPOST http://dns.example/api/present\n');
        expect(process.terminal.stdout).toContain('authorization: ***\n');
        expect(process.terminal.stdout).toContain('"value":"value-1"');
        expect(process.terminal.stdout).toMatch(/\[HTTP Response\]\n500\n[\s\S]*said \*\*\*/);
        expect(events).toMatchObject([{ type: 'warning', message: expect.stringContaining('shown in full') }]);
      },
      () => new Response(`said ${password}`, { status: 500 }),
    );
  });

  it('shows no query of the endpoint', async () => {
    await withServer(
      { HTTPREQ_ENDPOINT: 'http://dns.example/api?key=abcdef', LEGO_DEBUG_CLIENT_VERBOSE_ERROR: '1' },
      async ({ open }) => {
        const provider = await open();
        const failure = await failureOf(provider.add([apex], signal));
        expect(String(failure)).not.toContain('abc');
        expect(provider.locks([apex])[0]?.key).not.toContain('abc');
      },
      () => new Response(null, { status: 500 }),
    );
  });

  it('names the server that is away', async () => {
    await withServer({ HTTPREQ_ENDPOINT: 'http://dns.example:81' }, async ({ open }) => {
      expect(await failureOf((await open()).add([apex, other], signal))).toMatchObject({
        code: 'connection-refused',
        message: expect.stringMatching(/^httpreq: POST http:\/\/dns\.example:81\/present: /),
      });
    });
  });

  it('ends within HTTPREQ_HTTP_TIMEOUT', async () => {
    await withServer({ HTTPREQ_HTTP_TIMEOUT: '5' }, async ({ open, ports }, server) => {
      server.delayMs = 60_000;
      const before = ports.clock.monotonic();
      expect(await failureOf((await open()).add([apex, other], signal))).toMatchObject({ code: 'timeout' });
      expect(ports.clock.monotonic() - before).toBeLessThan(6000);
    });
  });

  it('ends with the signal, and is cleaned up after', async () => {
    const { requests } = await withServer({}, async ({ open, ports }, server) => {
      server.delayMs = 1000;
      const provider = await open();
      const giveUp = new AbortController();
      const adding = failureOf(provider.add([apex, other], giveUp.signal));
      await ports.clock.sleep(500);
      giveUp.abort(new Error('Ctrl-C'));
      expect(await adding).toMatchObject({ message: 'Ctrl-C' });
      await provider.remove(receipts, signal);
    });
    expect(requests.filter(({ line }) => line.endsWith('cleanup')).map(({ body }) => JSON.parse(body).value)).toEqual([
      'value-1',
      'value-2',
    ]);
  });
});
