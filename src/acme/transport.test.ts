import { describe, expect, it } from 'vitest';
import { EversealError, type HttpResponse } from '../core/index.ts';
import { acmeWorld, names, newSigner } from './harness.testing.ts';
import { AcmeProblemError, RateLimitedError, UserActionRequiredError } from './problem-error.ts';
import { amend, fails, loseReply, problem, reply, withHeaders } from './scripted-replies.testing.ts';
import type { ScriptedAnswer } from './scripted-server.testing.ts';

const badNonce: ScriptedAnswer = async (_request, honest) => {
  const { headers } = await honest();
  return { ...problem(400, 'badNonce', 'try again'), headers };
};
const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): ScriptedAnswer =>
  () =>
    reply(code, headers);

describe('nonces (RFC 8555 §6.5)', () => {
  it('are taken from every reply, the newest first', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      await account.fetch();
      await account.fetch();
    });
    expect(server.count('newNonce')).toBe(0);
    expect(server.violations).toEqual([]);
  });

  it('a refused one is replaced by the one of that refusal, signed anew', async () => {
    const { run, register, server } = acmeWorld();
    const offered: string[] = [];
    await run(async () => {
      const account = await register();
      server.script('account', () => {
        offered.push(server.freshNonce());
        return withHeaders(problem(400, 'badNonce', 'no'), { 'replay-nonce': offered[0] ?? '' });
      });
      await account.fetch();
    });
    const [first, second] = server.requests;
    expect(second?.header['nonce']).toBe(offered[0]);
    expect(second?.http.body).not.toBe(first?.http.body);
    expect(server.count('newNonce')).toBe(0);
  });

  it('a refusal without one makes the client fetch one instead of trying its old ones', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      await account.fetch();
      server.script('account', () => problem(401, 'badNonce', 'no'));
      await account.fetch();
    });
    expect(server.requests.map(({ resource }) => resource)).toEqual(['account', 'account', 'newNonce', 'account']);
  });

  it('are refused ten times at most', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.always('account', badNonce);
      await expect(account.fetch()).rejects.toThrow(/badNonce/);
    });
    expect(server.count('account')).toBe(10);
  });

  it('survive a CA that forgot all of them', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      await Promise.all([account.fetch(), account.fetch(), account.fetch()]);
      server.forgetNonces();
      await Promise.all([account.fetch(), account.fetch(), account.fetch()]);
    });
    expect(server.violations).toEqual([]);
  });

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['not base64url', 'a+b/c='],
    ['with a space', 'ab cd'],
    ['huge', 'a'.repeat(1_000_000)],
  ])('%s: ignored, and an error when there is no other', async (_what, nonce) => {
    const { run, client, server } = acmeWorld();
    server.always('newNonce', () => reply(200, nonce === undefined ? {} : { 'replay-nonce': nonce }));
    server.always('directory', async (_request, honest) => {
      const { headers, ...rest } = await honest();
      return { ...rest, headers: new Map([...headers].filter(([name]) => name !== 'replay-nonce')) };
    });
    await expect(run(() => client.findAccount({ signer: newSigner() }))).rejects.toMatchObject({ code: 'bad-server' });
  });

  it('never more than the concurrency are fetched for any number of requests', async () => {
    const { run, register, server } = acmeWorld({}, { concurrency: 3 });
    await run(async () => {
      const account = await register();
      await Promise.all(Array.from({ length: 40 }, () => account.fetch()));
    });
    expect(server.count('newNonce')).toBeLessThanOrEqual(3);
    expect(server.count('account')).toBe(40);
  });
});

describe('repetition', () => {
  it.each(['connection-reset', 'timeout'] as const)(
    'a fetch is repeated after a %s, four tries in all',
    async (code) => {
      const { run, register, server, clock } = acmeWorld();
      await run(async () => {
        const account = await register();
        server.script('account', fails(code), fails(code), fails(code));
        await account.fetch();
        server.always('account', fails(code));
        await expect(account.fetch()).rejects.toMatchObject({ code });
      });
      expect(server.count('account')).toBe(8);
      expect(clock.elapsed).toBeLessThan(10_000);
    },
  );

  it.each(['tls', 'name-not-found'] as const)('a %s failure is not repeated', async (code) => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.always('account', fails(code));
      await expect(account.fetch()).rejects.toMatchObject({ code });
    });
    expect(server.count('account')).toBe(1);
  });

  it('a refused connection is tried twice', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.always('account', fails('connection-refused'));
      await expect(account.fetch()).rejects.toMatchObject({ code: 'connection-refused' });
    });
    expect(server.count('account')).toBe(2);
  });

  it('a lost newOrder reply makes at most one order too many', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.script('newOrder', loseReply);
      await account.newOrder({ identifiers: names('a.example') });
      server.script('newOrder', loseReply, loseReply, loseReply);
      await expect(account.newOrder({ identifiers: names('b.example') })).rejects.toMatchObject({
        code: 'connection-reset',
      });
    });
    expect(server.orderCount).toBe(4);
  });

  it('a lost newAccount reply finds the account that was made', async () => {
    const { run, register, server } = acmeWorld();
    server.script('newAccount', loseReply);
    const account = await run(() => register());
    expect(account.url).toBe('https://ca.test/account/1');
  });

  it('a server error is repeated; a 501 is not', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.script('account', status(500), status(502), status(504));
      await account.fetch();
      server.script('account', status(501));
      await expect(account.fetch()).rejects.toBeInstanceOf(AcmeProblemError);
    });
    expect(server.count('account')).toBe(5);
  });

  it.each([
    ['seconds', '7'],
    ['a date', 'Sun, 01 Nov 2026 12:00:07 GMT'],
  ])('Retry-After as %s is obeyed', async (_form, value) => {
    const { run, register, server, clock } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.script('account', status(503, { 'retry-after': value }));
      await account.fetch();
    });
    expect(clock.elapsed).toBe(7_000);
  });

  it('a Retry-After beyond a minute is for the caller to plan with', async () => {
    const { run, register, server, clock } = acmeWorld();
    const limited = { ...problem(429, 'rateLimited', 'too many orders') };
    const answer = withHeaders(limited, { 'retry-after': '3600', link: '<https://ca.test/limits>;rel="help"' });
    const error = await run(async () => {
      const account = await register();
      server.always('newOrder', () => answer);
      return account.newOrder({ identifiers: names('a.example') }).catch((reason: unknown) => reason);
    });
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error).toMatchObject({
      code: 'rate-limited',
      retryAfter: new Date('2026-11-01T13:00:00Z'),
      helpUrl: 'https://ca.test/limits',
    });
    expect(clock.elapsed).toBe(0);
  });

  it('a server that asks for patience for ever is left after four tries', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.always('account', status(503, { 'retry-after': '30' }));
      await expect(account.fetch()).rejects.toMatchObject({ next: expect.stringContaining('2026-11-01T12:02:00') });
    });
    expect(server.count('account')).toBe(4);
  });

  it('ends at the deadline, with its reason', async () => {
    const { run, register, server, clock } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.always('account', status(503, { 'retry-after': '50' }));
      await expect(account.fetch(clock.deadline(20_000))).rejects.toMatchObject({ code: 'timeout' });
    });
    expect(clock.elapsed).toBe(20_000);
  });

  it('a request that never ends is left when the signal fires', async () => {
    const { run, register, server, clock } = acmeWorld();
    await run(async () => {
      const account = await register();
      const never: ScriptedAnswer = () => new Promise(() => undefined);
      server.always('account', never);
      const reason = new EversealError('aborted', 'enough');
      const controller = new AbortController();
      const fetching = account.fetch(controller.signal);
      controller.abort(reason);
      await expect(fetching).rejects.toBe(reason);
    });
    expect(clock.elapsed).toBe(0);
  });
});

describe('refusals', () => {
  const bodies: readonly (readonly [string, HttpResponse, string])[] = [
    ['HTML', reply(403, { 'content-type': 'text/html' }, '<html><title>Blocked\u001b[31m</title>'), 'Blocked [31m'],
    ['nothing', reply(403), 'status 403 without an explanation'],
    ['text', reply(403, { 'content-type': 'text/plain' }, 'go away\n'), 'go away'],
    ['JSON of the wrong types', reply(403, {}, '{"type":7,"detail":["x"],"subproblems":{}}'), 'status 403'],
    ['an array', reply(403, {}, '[1,2]'), '[1,2]'],
    ['deep JSON', reply(403, {}, '['.repeat(10_000)), 'status 403'],
  ];
  it.each(bodies)('with %s as body become an error with a printable detail', async (_what, answer, detail) => {
    const { run, register, server } = acmeWorld();
    const error = await run(async () => {
      const account = await register();
      server.always('account', () => answer);
      return account.fetch().catch((reason: unknown) => reason);
    });
    expect(error).toBeInstanceOf(AcmeProblemError);
    expect(error).toMatchObject({ code: 'acme-problem', message: expect.stringContaining(detail) });
    expect(String(error)).toMatch(/^[\x20-\x7e…]*$/);
    expect(String(error).length).toBeLessThan(900);
  });

  it('a required action carries the pages to open, and makes the directory be read again', async () => {
    const { run, register, client, server } = acmeWorld();
    const answer = problem(403, 'userActionRequired', 'new terms', { instance: 'https://ca.test/agree' });
    const error = await run(async () => {
      const account = await register();
      server.script('newOrder', () => withHeaders(answer, { link: '<https://ca.test/terms2>;rel="terms-of-service"' }));
      const reason = await account.newOrder({ identifiers: names('a.example') }).catch((thrown: unknown) => thrown);
      await client.fetchDirectory();
      return reason;
    });
    expect(error).toBeInstanceOf(UserActionRequiredError);
    expect(error).toMatchObject({ instance: 'https://ca.test/agree', termsOfService: 'https://ca.test/terms2' });
    expect(server.count('directory')).toBe(1);
  });

  it.each(['javascript:alert(1)', 'file:///etc/passwd', 'https://ca.test/\u001b[2J'])(
    'a hostile page %j is not passed on',
    async (instance) => {
      const { run, register, server } = acmeWorld();
      const error = await run(async () => {
        const account = await register();
        server.script('account', () => problem(403, 'userActionRequired', 'look', { instance }));
        return account.fetch().catch((reason: unknown) => reason);
      });
      expect(error).toMatchObject({ code: 'user-action-required', instance: undefined });
    },
  );

  it('badSignatureAlgorithm says what the server takes', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.script('account', () => problem(400, 'badSignatureAlgorithm', 'no', { algorithms: ['RS256', 'ES256'] }));
      await expect(account.fetch()).rejects.toMatchObject({
        problem: { algorithms: ['RS256', 'ES256'] },
        next: expect.stringContaining('RS256, ES256'),
      });
    });
  });

  it('a problem document with status 200 is still a refusal', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.script('account', () => ({ ...problem(200, 'unauthorized', 'no') }));
      await expect(account.fetch()).rejects.toMatchObject({ problem: { detail: 'no' } });
    });
  });

  it.each([301, 302, 303, 307, 308])('a redirect (%d) is never followed', async (code) => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.script('account', status(code, { location: 'https://elsewhere.test/account/1' }));
      await expect(account.fetch()).rejects.toMatchObject({ code: 'bad-server' });
    });
    expect(server.count()).toBe(1);
  });

  it.each([
    ['HTML', '<html>Welcome to our hotel</html>'],
    ['nothing', ''],
    ['an array', '[]'],
    ['JSON nested without end', `{"status":${'['.repeat(10_000)}`],
    ['a lie', '{"status":"happy"}'],
  ])('%s instead of an account is no answer', async (_what, body) => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.script('account', () => reply(200, { 'content-type': 'text/html' }, body));
      await expect(account.fetch()).rejects.toMatchObject({ code: 'bad-server' });
    });
  });

  it('unusual but harmless JSON is taken', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      const text =
        '\ufeff{"__proto__":{"status":"revoked"},"constructor":1,"status":"revoked","status":"valid","contact":null}';
      server.script('account', () => reply(200, { 'content-type': 'text/plain' }, text));
      await account.fetch();
      expect(account.state).toMatchObject({ status: 'valid', contacts: [] });
      server.script('account', async (_request, honest) =>
        amend(await honest(), { contact: ['mailto:\ud800a@example.com'] }),
      );
      await account.fetch();
    });
  });
});
