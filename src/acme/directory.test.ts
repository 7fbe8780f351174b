import { describe, expect, it } from 'vitest';
import type { DirectoryCache } from './directory-source.ts';
import { parseDirectory } from './directory.ts';
import { acmeWorld, names, newSigner } from './harness.testing.ts';
import { amend, fails, json, problem, reply, withHeaders } from './scripted-replies.testing.ts';

const url = 'https://ca.test/directory';
const minimal = { newNonce: 'https://ca.test/n', newAccount: 'https://ca.test/a', newOrder: 'https://ca.test/o' };

describe('a directory', () => {
  it('may be without meta, keyChange and revokeCert, as at some CAs', () => {
    expect(parseDirectory(minimal, url)).toMatchObject({
      keyChange: undefined,
      meta: { caaIdentities: [], externalAccountRequired: false, profiles: {} },
    });
  });

  it.each([
    ['meta is a string', 'all of it'],
    ['meta is a list', []],
    [
      'its members are of wrong types',
      { profiles: [], caaIdentities: 7, externalAccountRequired: 'yes', termsOfService: {} },
    ],
  ])('is read when %s', (_what, meta) => {
    expect(parseDirectory({ ...minimal, meta }, url).meta).toMatchObject({
      caaIdentities: [],
      externalAccountRequired: false,
    });
  });

  it('keeps profiles that can be asked for, whatever they are called', () => {
    const profiles = JSON.parse('{"classic":"as ever","__proto__":"x","with space":"x","toString":7}');
    const meta = parseDirectory({ ...minimal, meta: { profiles } }, url).meta;
    expect(meta.profiles['classic']).toBe('as ever');
    expect(Object.keys(meta.profiles)).not.toContain('with space');
    expect(Object.hasOwn(meta.profiles, 'valueOf')).toBe(false);
  });

  it.each([
    ['a missing member', { newOrder: undefined }],
    ['an http URL', { newNonce: 'http://ca.test/n' }],
    ['a relative URL', { newAccount: '/a' }],
    ['a script', { keyChange: 'javascript:alert(1)' }],
    ['a user name', { revokeCert: 'https://me@ca.test/r' }],
    ['a number', { newNonce: 7 }],
  ])('with %s is refused', (_what, changes) => {
    expect(() => parseDirectory({ ...minimal, ...changes }, url)).toThrow(
      expect.objectContaining({ code: 'bad-server' }),
    );
  });

  it.each([
    ['a captive portal', reply(200, { 'content-type': 'text/html' }, '<html>Log in</html>')],
    ['a list', json(200, [])],
    ['a page that is not there', reply(404, { 'content-type': 'text/html' }, '<title>404 Not Found</title>')],
    ['nothing', reply(404)],
    ['a page that asks for a password', reply(403, { 'content-type': 'text/html' }, '<html>Who are you?</html>')],
    ['a redirect', reply(301, { location: 'https://ca.test/v2' })],
  ])('%s instead of it is refused with a next step', async (_what, answer) => {
    const { run, client, server } = acmeWorld();
    server.always('directory', () => answer);
    await expect(run(() => client.fetchDirectory())).rejects.toMatchObject({
      code: 'bad-server',
      next: expect.stringMatching(/directory URL/),
    });
  });

  it('that is not there for now is an outage of the CA', async () => {
    const { run, client, server } = acmeWorld();
    server.always('directory', () => problem(503, 'serverInternal', 'back soon'));
    await expect(run(() => client.fetchDirectory())).rejects.toMatchObject({ code: 'acme-problem' });
  });

  it.each(['http://ca.test/directory', 'ca.test', '', 'https://me:pw@ca.test/'])(
    'cannot be asked for at %j',
    (directory) => {
      expect(() => acmeWorld({}, { directory })).toThrow(expect.objectContaining({ code: 'usage' }));
    },
  );
});

describe('the directory is asked for', () => {
  function memoryCache(): DirectoryCache & { readonly entries: Map<string, unknown> } {
    const entries = new Map<string, unknown>();
    return {
      entries,
      get: async (key) => entries.get(key),
      put: async (key, value) => {
        entries.set(key, JSON.parse(JSON.stringify(value)));
      },
    };
  }

  it('once by a client, however many ask at once', async () => {
    const { run, client, server } = acmeWorld();
    await run(() => Promise.all(Array.from({ length: 20 }, () => client.fetchDirectory())));
    expect(server.count('directory')).toBe(1);
  });

  it('not at all while the cache holds a fresh one, for 24 hours by default', async () => {
    const { run, connect, server, clock } = acmeWorld();
    const cache = memoryCache();
    await run(async () => {
      await connect({ cache }).fetchDirectory();
      await connect({ cache }).fetchDirectory();
      await clock.sleep(86_400_000);
      await connect({ cache }).fetchDirectory();
    });
    expect(server.count('directory')).toBe(2);
  });

  it('by the next run when the server forbids caching, but not before each request of one', async () => {
    const { run, connect, server } = acmeWorld();
    const cache = memoryCache();
    server.always('directory', async (_request, honest) =>
      withHeaders(await honest(), { 'cache-control': 'public, max-age=0, no-cache' }),
    );
    await run(async () => {
      const client = connect({ cache });
      await client.fetchDirectory();
      await client.fetchDirectory();
      await connect({ cache }).fetchDirectory();
    });
    expect(server.count('directory')).toBe(2);
  });

  it.each([
    ['broken', { format: 1, expires: 'never', directory: {} }],
    ['of a later version', { format: 2 }],
    [
      'hostile',
      { format: 1, expires: '2099-01-01T00:00:00.000Z', directory: { ...minimal, newNonce: 'http://evil.test/' } },
    ],
    ['no object', 'text'],
  ])('when the cached one is %s', async (_what, entry) => {
    const { run, connect, server } = acmeWorld();
    const cache = memoryCache();
    cache.entries.set(server.directoryUrl, entry);
    await run(() => connect({ cache }).fetchDirectory());
    expect(server.count('directory')).toBe(1);
  });

  it('when the cache fails', async () => {
    const { run, connect } = acmeWorld();
    const broken: DirectoryCache = {
      get: () => Promise.reject(new Error('disk')),
      put: () => Promise.reject(new Error('disk')),
    };
    await expect(run(() => connect({ cache: broken }).fetchDirectory())).resolves.toMatchObject({
      newOrder: 'https://ca.test/new-order',
    });
  });

  it.each([
    ['nothing is found', 'newOrder'],
    ['nothing is found', 'newNonce'],
  ] as const)('again when %s where the cached one says %s is, and the new URL is used', async (_what, name) => {
    const { run, connect, server } = acmeWorld();
    const cache = memoryCache();
    const signer = newSigner();
    server.script('directory', async (_request, honest) =>
      amend(await honest(), { [name]: 'https://ca.test/moved-away' }),
    );
    await run(async () => {
      await connect({ cache }).fetchDirectory();
      const client = connect({ cache });
      const account = await client.createAccount({ signer, contacts: [], termsAgreed: true });
      await account.newOrder({ identifiers: names('a.example') });
    });
    expect(server.count('directory')).toBe(2);
    expect(server.orderCount).toBe(1);
  });

  it('again when the cached host is gone, and the first failure stands when that does not help', async () => {
    const { run, connect, server } = acmeWorld();
    const cache = memoryCache();
    await run(async () => {
      await connect({ cache }).fetchDirectory();
      server.always('newNonce', fails('name-not-found'));
      server.always('directory', fails('name-not-found'));
      await expect(connect({ cache }).findAccount({ signer: newSigner() })).rejects.toMatchObject({
        code: 'name-not-found',
      });
    });
  });
});
