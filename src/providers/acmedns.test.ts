import { describe, expect, it } from 'vitest';
import { BatchError, type Environment } from '../core/index.ts';
import { entry } from './acmedns.ts';
import './acmedns-provider.ts'; // loaded before virtual time begins
import { AcmeDnsServer } from './acmedns-server.testing.ts';
import { blindResolver, failureOf, onStage, recordFor, signal, type Stage } from './stage.testing.ts';
import { type NotedRequest, WebServer } from './web-server.testing.ts';

const path = '/srv/accounts.json';
/** Values as long as a challenge's. */
const [a, b, c, d] = ['a'.repeat(43), 'b'.repeat(43), 'c'.repeat(43), 'd'.repeat(43)];
const base = 'http://auth.example/base';
const inFile: Environment = { ACME_DNS_API_BASE: base, ACME_DNS_STORAGE_PATH: 'accounts.json' };
const lines = ({ web }: AcmeDnsServer) => web.requests.map(({ line }) => line.replace('/base', ''));

/** The record of a domain whose challenge name leads to the account by CNAME. */
function delegated(domain: string, value: string, subdomain: string) {
  return { ...recordFor(domain, value), name: `${subdomain}.auth.example.` };
}

interface SceneOptions {
  readonly environment?: Environment;
  readonly storage?: WebServer;
  /** What the resolvers see. */
  readonly cnames?: Readonly<Record<string, string>>;
}

async function scene(
  story: (stage: Stage & { readonly server: AcmeDnsServer; readonly read: () => Promise<unknown> }) => Promise<void>,
  { environment = inFile, storage, cnames = {} }: SceneOptions = {},
): Promise<AcmeDnsServer> {
  const server = new AcmeDnsServer();
  await onStage(
    {
      entry,
      environment,
      secrets: ['password-of-'],
      prepare: (world) => {
        server.web.start(world, 'auth.example');
        storage?.start(world, 'storage.example');
      },
      resolver: () => ({ ...blindResolver, followCname: async (name) => cnames[name] ?? name }),
    },
    async (stage) => {
      await stage.ports.fs.createFolder('/srv', 0o755);
      await stage.ports.clock.sleep(10);
      const read = async () => JSON.parse(Buffer.from(await stage.ports.fs.read(path)).toString());
      await story({ ...stage, server, read });
    },
  );
  return server;
}

const write = ({ ports }: Stage, content: unknown) =>
  ports.fs.write(path, Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)), { mode: 0o644 });

describe('acme-dns with an account', () => {
  it('holds the values of a name and its wildcard, and removes nothing', async () => {
    await scene(async (stage) => {
      await write(stage, { 'example.com': stage.server.register() });
      const provider = await stage.open();
      const records = [delegated('example.com', a, 'sub-1'), delegated('example.com', b, 'sub-1')];
      expect(await provider.add(records, signal)).toHaveLength(2);
      expect(stage.server.values('sub-1')).toEqual([a, b]);
      await provider.remove(
        records.map((record) => ({ record })),
        signal,
      );
      expect(stage.server.values('sub-1')).toEqual([a, b]);
      expect(lines(stage.server)).toEqual(['POST /update', 'POST /update']);
      expect(stage.events).toEqual([]);
    });
  });

  it('holds both values of each order, however soon one follows the other', async () => {
    await scene(async (stage) => {
      await write(stage, { 'example.com': stage.server.register() });
      const provider = await stage.open();
      const order = (...values: readonly string[]) =>
        provider.add(
          values.map((value) => delegated('example.com', value, 'sub-1')),
          signal,
        );
      await order(a);
      await order(b, c);
      expect(stage.server.values('sub-1')).toEqual([b, c]);
      await order(a, d);
      expect(stage.server.values('sub-1')).toEqual([a, d]);
    });
  });

  it('writes both values again when it does not know what became of one', async () => {
    await scene(async (stage) => {
      await write(stage, { 'example.com': stage.server.register() });
      stage.server.mishaps.push(Response.json({}), new Response('oops', { status: 502 }));
      const records = [delegated('example.com', a, 'sub-1'), delegated('example.com', b, 'sub-1')];
      await (await stage.open()).add(records, signal);
      expect(stage.server.values('sub-1')).toEqual([a, b]);
      expect(lines(stage.server)).toHaveLength(4);
    });
  });

  it('uses an account whose name the challenge name leads to, whatever it is stored under', async () => {
    await scene(async (stage) => {
      await write(stage, { other: stage.server.register(), 'example.com': stage.server.register() });
      await (await stage.open()).add([delegated('example.com', a, 'sub-1')], signal);
      expect(stage.server.values('sub-1')).toEqual([a]);
    });
  });

  it('reads files of other clients, which know no server_url', async () => {
    await scene(async (stage) => {
      const { fulldomain, subdomain, username, password } = stage.server.register();
      await write(stage, { 'example.com': { fulldomain, subdomain, username, password } });
      await (await stage.open()).add([delegated('example.com', a, 'sub-1')], signal);
      expect(stage.server.values('sub-1')).toEqual([a]);
    });
  });

  it.each([
    [{ '_acme-challenge.example.com.': 'sub-1.auth.example.' }, []],
    [
      {},
      [
        {
          type: 'warning',
          message:
            'acme-dns: the record "_acme-challenge.example.com. CNAME sub-1.auth.example." is not to be seen yet',
        },
      ],
    ],
  ])('goes on where CNAME records are not followed, and warns when there is none: %j', async (cnames, events) => {
    await scene(
      async (stage) => {
        await write(stage, { 'example.com': stage.server.register() });
        await (await stage.open()).add([recordFor('example.com', a)], signal);
        expect(stage.server.values('sub-1')).toEqual([a]);
        expect(stage.events).toEqual(events);
      },
      { cnames },
    );
  });

  it('has locks that keep a second order out until the first is over, and writers of the file apart', async () => {
    await scene(async ({ open }) => {
      const provider = await open();
      expect(provider.locks([delegated('example.com', a, 'sub-1'), delegated('example.com', b, 'sub-1')])).toEqual([
        { key: 'acmedns:sub-1.auth.example.', hold: 'order' },
        { key: `acmedns:file:${path}`, hold: 'write' },
      ]);
    });
  });
});

describe('acme-dns without an account', () => {
  it('registers one for each domain, stores them, and then says which records to make', async () => {
    const server = await scene(async (stage) => {
      await write(stage, { 'known.example': { ...stage.server.register(), note: 'mine' } });
      const records = [
        delegated('known.example', a, 'sub-1'),
        recordFor('example.com', b),
        recordFor('example.com', c),
        recordFor('example.net', d),
      ];
      const failure = await failureOf((await stage.open()).add(records, signal));
      expect(failure).toBeInstanceOf(BatchError);
      expect(failure).toMatchObject({
        code: 'provider-failed',
        message:
          'acme-dns: 2 accounts were registered and stored; these CNAME records must be made once, by hand: _acme-challenge.example.com. CNAME sub-2.auth.example.; _acme-challenge.example.net. CNAME sub-3.auth.example.',
        next: 'Make these CNAME records in your DNS zone, then run it again.',
        failures: [{ index: 1 }, { index: 2 }, { index: 3 }],
      });
      expect(await stage.read()).toMatchObject({
        'known.example': { note: 'mine', subdomain: 'sub-1' },
        'example.com': {
          fulldomain: 'sub-2.auth.example',
          subdomain: 'sub-2',
          username: 'user-of-sub-2',
          password: 'password-of-sub-2',
          server_url: base,
        },
        'example.net': { subdomain: 'sub-3' },
      });
      expect((await stage.ports.fs.stat(path))?.mode).toBe(0o600);
      // The next run has nothing left to register.
      const again = [delegated('example.com', b, 'sub-2'), delegated('example.com', c, 'sub-2')];
      await (await stage.open()).add(again, signal);
      expect(stage.server.values('sub-2')).toEqual([b, c]);
    });
    expect(lines(server).filter((line) => line === 'POST /register')).toHaveLength(2);
  });

  it('makes the file and its folder', async () => {
    await scene(
      async (stage) => {
        await failureOf((await stage.open()).add([recordFor('example.com', a)], signal));
        expect((await stage.ports.fs.stat('/var/lib/acme/accounts.json'))?.mode).toBe(0o600);
      },
      { environment: { ...inFile, ACME_DNS_STORAGE_PATH: '/var/lib/acme/accounts.json' } },
    );
  });

  it('writes through a link, and in place where renaming is impossible', async () => {
    await scene(async (stage) => {
      const { fs } = stage.ports;
      await fs.write('/srv/real.json', Buffer.from('{}'), { mode: 0o600 });
      await fs.symlink('real.json', path);
      stage.machine.disk.faults.add({ code: 'busy', operations: ['rename'], path: /real/ });
      await failureOf((await stage.open()).add([recordFor('example.com', a)], signal));
      expect((await fs.lstat(path))?.kind).toBe('link');
      expect(await stage.read()).toHaveProperty(['example.com', 'subdomain'], 'sub-1');
      expect([...(await fs.list('/srv'))].sort()).toEqual(['accounts.json', 'real.json']);
    });
  });

  it('lets only the networks of ACME_DNS_ALLOWLIST use new accounts', async () => {
    const environment = { ...inFile, ACME_DNS_ALLOWLIST: '192.0.2.0/24, 2001:db8::/32' };
    const server = await scene(
      async (stage) => void (await failureOf((await stage.open()).add([recordFor('example.com', a)], signal))),
      { environment },
    );
    expect(server.accounts.get('sub-1')?.allowfrom).toEqual(['192.0.2.0/24', '2001:db8::/32']);
  });

  it('finds out the domain of a record that comes without its challenge', async () => {
    await scene(async (stage) => {
      const { name, zone, value } = recordFor('Example.com', a);
      const failure = await failureOf((await stage.open()).add([{ name, zone, value }], signal));
      expect(failure).toMatchObject({
        message: expect.stringContaining(
          'this CNAME record must be made once, by hand: _acme-challenge.example.com. CNAME sub-1.auth.example.',
        ),
      });
      expect(await stage.read()).toHaveProperty(['example.com']);
    });
  });

  it('delegates the name of dns-account-01 as it is', async () => {
    await scene(async (stage) => {
      const name = '_ujmmovf2vn55tgye._acme-challenge.example.com.';
      const failure = await failureOf((await stage.open()).add([{ ...recordFor('example.com', a), name }], signal));
      expect(failure).toMatchObject({ message: expect.stringContaining(`${name} CNAME sub-1.auth.example.`) });
    });
  });
});

describe('acme-dns with accounts on a web server', () => {
  const environment = {
    ACME_DNS_API_BASE: base,
    ACME_DNS_STORAGE_BASE_URL: 'http://me:store%21@storage.example/accounts/',
  };

  function storage(accounts: Record<string, unknown>, putStatus: number): WebServer {
    return new WebServer((request, body) => {
      const domain = new URL(request.url).pathname.replace('/accounts/', '');
      if (request.method === 'GET')
        return domain in accounts ? Response.json(accounts[domain]) : new Response('none', { status: 404 });
      if (putStatus < 300) accounts[domain] = JSON.parse(body);
      return new Response(body, { status: putStatus });
    });
  }
  const summary = (requests: readonly NotedRequest[]) => requests.map(({ line }) => line);

  it('reads them', async () => {
    const accounts: Record<string, unknown> = {};
    const store = storage(accounts, 200);
    await scene(
      async (stage) => {
        accounts['example.com'] = stage.server.register();
        const provider = await stage.open();
        await provider.add([delegated('example.com', a, 'sub-1'), delegated('example.com', b, 'sub-1')], signal);
        expect(stage.server.values('sub-1')).toEqual([a, b]);
        expect(provider.locks([delegated('example.com', a, 'sub-1')])).toHaveLength(1);
      },
      { environment, storage: store },
    );
    expect(summary(store.requests)).toEqual(['GET /accounts/example.com']);
    expect(store.requests[0]?.headers.get('authorization')).toBe(
      `Basic ${Buffer.from('me:store!').toString('base64')}`,
    );
  });

  it('stores new ones, and ends with the CNAME record when the answer is 200', async () => {
    const accounts: Record<string, unknown> = {};
    const store = storage(accounts, 200);
    await scene(
      async (stage) => {
        const failure = await failureOf((await stage.open()).add([recordFor('example.com', a)], signal));
        expect(failure).toMatchObject({ message: expect.stringContaining('CNAME sub-1.auth.example.') });
      },
      { environment, storage: store },
    );
    expect(summary(store.requests)).toEqual(['GET /accounts/example.com', 'POST /accounts/example.com']);
    expect(accounts['example.com']).toEqual({
      fulldomain: 'sub-1.auth.example',
      subdomain: 'sub-1',
      username: 'user-of-sub-1',
      password: 'password-of-sub-1',
      server_url: base,
    });
  });

  it('goes on when the answer is 201: the storage made the CNAME record', async () => {
    await scene(
      async (stage) => {
        await (await stage.open()).add([recordFor('example.com', a), recordFor('example.com', b)], signal);
        expect(stage.server.values('sub-1')).toEqual([a, b]);
      },
      { environment, storage: storage({}, 201) },
    );
  });

  it.each([
    [{ 'example.com': { subdomain: 'x' } }, 200, 'has no account that can be read for example.com'],
    [{}, 500, 'POST http://storage.example/accounts/example.com was answered with 500'],
  ])('says what is wrong with the storage: %j, %i', async (accounts, status, message) => {
    await scene(
      async (stage) => {
        const failure = await failureOf((await stage.open()).add([recordFor('example.com', a)], signal));
        expect(failure).toMatchObject({ message: expect.stringContaining(message) });
        expect(String(failure)).not.toContain('password-of');
      },
      { environment, storage: storage(accounts, status) },
    );
  });
});

describe('what acme-dns cannot do', () => {
  it('is to hold three values: nothing is written then', async () => {
    await scene(async (stage) => {
      await write(stage, { 'example.com': stage.server.register(), 'example.net': stage.server.register() });
      const shared = ['example.com', 'example.com', 'www.example.com'].map((domain, index) =>
        delegated(domain, [a, b, c][index] ?? a, 'sub-1'),
      );
      const records = [delegated('example.net', d, 'sub-2'), ...shared];
      expect(await failureOf((await stage.open()).add(records, signal))).toMatchObject({
        message: 'acme-dns: sub-1.auth.example holds 2 values, and this order has 3 for it',
        failures: [{ index: 1 }, { index: 2 }, { index: 3 }],
      });
      expect(lines(stage.server)).toEqual([]);
    });
  });

  it('is to hold anything but challenge values', async () => {
    await scene(async (stage) => {
      const record = recordFor('example.com', 'letsencrypt.org; accounturi=https://ca.example/1');
      expect(await failureOf((await stage.open()).add([record], signal))).toMatchObject({
        message: expect.stringContaining('is no challenge value'),
      });
      expect(lines(stage.server)).toEqual([]);
    });
  });
});

describe('a failure of acme-dns', () => {
  it('names the account and shows no password', async () => {
    await scene(async (stage) => {
      const account = { ...stage.server.register(), username: 'nobody', server_url: 'https://old.example' };
      await write(stage, { 'example.com': account });
      const failure = await failureOf((await stage.open()).add([delegated('example.com', a, 'sub-1')], signal));
      expect(failure).toMatchObject({
        code: 'provider-failed',
        message:
          'acme-dns: POST http://auth.example/base/update was answered with 401: {"error":"forbidden","said":"***"} (account sub-1.auth.example, which was registered at https://old.example)',
        next: expect.stringContaining('ACME_DNS_API_BASE'),
      });
    });
  });

  it.each([
    ['[]', 'is no JSON object'],
    ['{"example.com": ', 'is no JSON object'],
    ['{"example.com": {"fulldomain": "x"}}', 'the account of example.com in /srv/accounts.json is not complete'],
    ['{"example.com": {"fulldomain": "x", "subdomain": "x", "username": "a\\nb", "password": "p"}}', 'is not complete'],
  ])('is a damaged file, which stays as it is: %s', async (content, message) => {
    await scene(async (stage) => {
      await write(stage, content);
      expect(await failureOf((await stage.open()).add([recordFor('example.com', a)], signal))).toMatchObject({
        code: 'corrupt',
        message: expect.stringContaining(message),
      });
      expect(Buffer.from(await stage.ports.fs.read(path)).toString()).toBe(content);
      expect(lines(stage.server)).toEqual([]);
    });
  });

  it('is an answer that is no account', async () => {
    await scene(async (stage) => {
      stage.server.mishaps.push(Response.json({ fulldomain: 'x' }, { status: 201 }));
      expect(await failureOf((await stage.open()).add([recordFor('example.com', a)], signal))).toMatchObject({
        code: 'bad-reply',
      });
      expect(await stage.ports.fs.stat(path)).toBeUndefined();
    });
  });

  it('is given up after three attempts', async () => {
    await scene(async (stage) => {
      await write(stage, { 'example.com': stage.server.register() });
      for (const _ of [1, 2, 3]) stage.server.mishaps.push(new Response('busy', { status: 503 }));
      expect(await failureOf((await stage.open()).add([delegated('example.com', a, 'sub-1')], signal))).toMatchObject({
        message: expect.stringContaining('was answered with 503: busy'),
        failures: [{ index: 0 }],
      });
      expect(lines(stage.server)).toHaveLength(3);
    });
  });

  it.each<[string, Environment, RegExp]>([
    ['no server', { ACME_DNS_API_BASE: undefined }, /ACME_DNS_API_BASE/],
    ['no URL', { ACME_DNS_API_BASE: 'auth.example' }, /ACME_DNS_API_BASE/],
    ['no storage', { ACME_DNS_STORAGE_PATH: undefined }, /where the accounts are kept/],
    ['two storages', { ACME_DNS_STORAGE_BASE_URL: 'http://storage.example' }, /both set/],
    ['no storage URL', { ACME_DNS_STORAGE_PATH: undefined, ACME_DNS_STORAGE_BASE_URL: 'x' }, /STORAGE_BASE_URL/],
    ['no network', { ACME_DNS_ALLOWLIST: '192.0.2.0/33' }, /"192.0.2.0\/33" is no network/],
    ['an address', { ACME_DNS_ALLOWLIST: '192.0.2.1' }, /"192.0.2.1" is no network/],
  ])('is a setting that makes no sense: %s', async (_, environment, message) => {
    await scene(async ({ open }) => {
      expect(await failureOf(open({ ...inFile, ...environment }))).toMatchObject({
        code: 'usage',
        message: expect.stringMatching(message),
      });
    });
  });
});
