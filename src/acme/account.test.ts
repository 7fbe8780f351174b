import { describe, expect, it } from 'vitest';
import { Secret, toBase64Url } from '../core/index.ts';
import { testSigner } from '../pki/fixtures/authority.ts';
import { acmeWorld, collect, names, newSigner } from './harness.testing.ts';
import { amend, fails, json, loseReply, problem, reply, withHeaders } from './scripted-replies.testing.ts';

const macKey = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';

describe('an account', () => {
  it.each(['EC256', 'EC384', 'EC521', 'RSA2048', 'Ed25519'] as const)(
    'is registered with a key of type %s',
    async (algorithm) => {
      const { run, client, server } = acmeWorld();
      const signer = testSigner(algorithm);
      const account = await run(() =>
        client.createAccount({ signer, contacts: ['mailto:a@example.com'], termsAgreed: true }),
      );
      expect(account).toMatchObject({
        url: 'https://ca.test/account/1',
        state: { status: 'valid', contacts: ['mailto:a@example.com'] },
      });
      expect(server.violations).toEqual([]);
    },
  );

  it('is never made with terms the user did not agree to', async () => {
    const { run, client, server } = acmeWorld();
    const made = run(() => client.createAccount({ signer: newSigner(), contacts: [], termsAgreed: false }));
    await expect(made).rejects.toMatchObject({ code: 'user-action-required', termsOfService: 'https://ca.test/terms' });
    expect(server.requests.at(-1)?.payload).toEqual({});
  });

  it('is new once: afterwards the key has it', async () => {
    const { run, client } = acmeWorld();
    const options = { signer: newSigner(), contacts: [], termsAgreed: true };
    await run(async () => {
      const first = await client.createAccount(options);
      const again = await client.createAccount(options);
      expect([first.isNew, again.isNew]).toEqual([true, false]);
      expect(again.url).toBe(first.url);
    });
  });

  it('is found by its key, and not found when there is none', async () => {
    const { run, client, register } = acmeWorld();
    await run(async () => {
      const { signer, url } = await register();
      expect((await client.findAccount({ signer })).url).toBe(url);
      await expect(client.findAccount({ signer: newSigner() })).rejects.toMatchObject({ code: 'account-not-found' });
    });
  });

  it('is updated, deactivated and fetched', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      await account.update({ contacts: ['mailto:b@example.com'] });
      expect(account.state?.contacts).toEqual(['mailto:b@example.com']);
      await account.fetch();
      await account.deactivate();
      expect(account.state?.status).toBe('deactivated');
    });
    expect(server.requests.map(({ payload }) => payload)).toEqual([
      { contact: ['mailto:b@example.com'] },
      undefined,
      { status: 'deactivated' },
    ]);
    expect(server.violations).toEqual([]);
  });

  it('comes from a store without a request', async () => {
    const { client, server } = acmeWorld();
    const account = client.account({ signer: newSigner(), url: 'https://ca.test/account/1' });
    expect(account.state).toBeUndefined();
    expect(server.count()).toBe(0);
  });

  it.each([
    ['without a Location', async () => json(201, { status: 'valid' })],
    ['at an http Location', async () => json(201, { status: 'valid' }, { location: 'http://ca.test/account/1' })],
    [
      'that is another key’s',
      async () =>
        json(
          200,
          { status: 'valid', key: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' } },
          { location: 'https://ca.test/account/9' },
        ),
    ],
  ])('%s is refused', async (_what, answer) => {
    const { run, client, server } = acmeWorld();
    server.always('newAccount', answer);
    const made = run(() => client.createAccount({ signer: newSigner(), contacts: [], termsAgreed: true }));
    await expect(made).rejects.toMatchObject({ code: 'bad-server' });
  });

  it('may live on another origin, and its URL is the kid byte for byte', async () => {
    const { run, client, server } = acmeWorld();
    const url = 'https://Accounts.test:443/acct/%7e1';
    server.always('newAccount', async (_request, honest) => withHeaders(await honest(), { location: url }));
    const account = await run(() => client.createAccount({ signer: newSigner(), contacts: [], termsAgreed: true }));
    server.script('newOrder', () => problem(400, 'malformed', 'enough seen'));
    await run(() => account.newOrder({ identifiers: names('a.example') }).catch(() => undefined));
    expect(server.requests.at(-1)?.header['kid']).toBe(url);
  });
});

describe('external account binding (RFC 8555 §7.3.4)', () => {
  it.each(['HS256', 'HS384', 'HS512'] as const)('%s is understood by jose', async (algorithm) => {
    const { run, client, server } = acmeWorld({ externalAccounts: { 'kid-1': macKey } });
    const externalAccount = { kid: 'kid-1', macKey: new Secret(`${macKey}`), algorithm };
    await run(() => client.createAccount({ signer: newSigner(), contacts: [], termsAgreed: true, externalAccount }));
    expect(server.violations).toEqual([]);
  });

  it('a wrong key is refused by the server and never shown', async () => {
    const { run, client } = acmeWorld({ externalAccounts: { 'kid-1': macKey } });
    const secret = toBase64Url('another key of some length');
    const externalAccount = { kid: 'kid-1', macKey: new Secret(secret) };
    const error = await run(() =>
      client
        .createAccount({ signer: newSigner(), contacts: [], termsAgreed: true, externalAccount })
        .catch((reason: unknown) => reason),
    );
    expect(error).toMatchObject({ code: 'acme-problem', problem: { detail: 'the MAC is wrong' } });
    expect(JSON.stringify(error) + String(error)).not.toContain(secret);
  });

  it('is asked for before anything is sent when the directory demands it', async () => {
    const { run, client, server } = acmeWorld({ directory: { meta: { externalAccountRequired: true } } });
    await expect(
      run(() => client.createAccount({ signer: newSigner(), contacts: [], termsAgreed: true })),
    ).rejects.toMatchObject({ code: 'usage' });
    expect(server.count('newAccount')).toBe(0);
  });
});

describe('the list of orders', () => {
  it('is read page by page', async () => {
    const { run, register, server } = acmeWorld();
    const urls = await run(async () => {
      const account = await register();
      for (const name of ['a', 'b', 'c', 'd', 'e']) await account.newOrder({ identifiers: names(`${name}.example`) });
      return collect(account.fetchOrders());
    });
    expect(urls).toEqual([1, 2, 3, 4, 5].map((number) => `https://ca.test/order/${number}`));
    expect(server.count('orders')).toBe(3);
  });

  it('may be a bare array, as Caddy sends it', async () => {
    const { run, register, server } = acmeWorld();
    server.always('orders', () => json(200, []));
    expect(await run(async () => collect((await register()).fetchOrders()))).toEqual([]);
  });

  it('that leads back to itself ends', async () => {
    const { run, register, server } = acmeWorld();
    server.always('orders', ({ http }) =>
      json(200, { orders: ['https://ca.test/order/1'] }, { link: `<${http.url}>;rel="next"` }),
    );
    expect(await run(async () => collect((await register()).fetchOrders()))).toHaveLength(1);
  });

  it('is unsupported where the server keeps none', async () => {
    const { run, register, server } = acmeWorld();
    server.always('newAccount', async (_request, honest) => amend(await honest(), { orders: undefined }));
    await expect(run(async () => collect((await register()).fetchOrders()))).rejects.toMatchObject({
      code: 'unsupported',
    });
  });
});

describe('key rollover (RFC 8555 §7.3.5)', () => {
  it('moves the account to the new key', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const moved = await (await register()).rollover(newSigner());
      await moved.fetch();
      expect(moved.url).toBe('https://ca.test/account/1');
    });
    expect(server.violations).toEqual([]);
  });

  it('whose answer is lost is found out to have happened', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.script('keyChange', loseReply);
      await (await account.rollover(newSigner())).fetch();
    });
    expect(server.count('keyChange')).toBe(1);
  });

  it('that never arrived is found out not to have happened: the old key stays', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.script('keyChange', fails('connection-reset'));
      await expect(account.rollover(newSigner())).rejects.toMatchObject({ code: 'connection-reset' });
      await account.fetch();
    });
  });

  it('that nobody knows about tells to keep both keys', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.script('keyChange', loseReply);
      server.always('newAccount', fails('timeout'));
      await expect(account.rollover(newSigner())).rejects.toMatchObject({
        code: 'network',
        next: expect.stringContaining('both keys'),
      });
    });
  });

  it('to the key of another account is refused', async () => {
    const { run, register } = acmeWorld();
    await run(async () => {
      const other = await register();
      const account = await register();
      await expect(account.rollover(other.signer)).rejects.toMatchObject({
        code: 'bad-key',
        message: expect.stringContaining(other.url),
      });
    });
  });

  it('to the key it has is refused without a request', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      await expect(account.rollover(account.signer)).rejects.toMatchObject({ code: 'usage' });
    });
    expect(server.count()).toBe(0);
  });

  it.each([
    ['is not in the directory', { directory: { keyChange: undefined } }],
    ['answers 501, as step-ca does', {}],
  ])('is unsupported when it %s', async (_what, options) => {
    const { run, register, server } = acmeWorld(options);
    server.always('keyChange', () => problem(501, 'rejectedIdentifier', 'not implemented'));
    await run(async () => {
      const account = await register();
      await expect(account.rollover(newSigner())).rejects.toMatchObject({ code: 'unsupported' });
    });
  });
});

describe('revocation (RFC 8555 §7.6)', () => {
  const certificate = new Uint8Array([1, 2, 3]);

  it('by the account', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => (await register()).revoke({ certificate, reason: 4 }));
    expect(server.requests.at(-1)?.payload).toEqual({ certificate: 'AQID', reason: 4 });
    expect(server.requests.at(-1)?.header['kid']).toBe('https://ca.test/account/1');
  });

  it('by the key of the certificate, without an account', async () => {
    const { run, client, server } = acmeWorld();
    await run(() => client.revokeWithCertificateKey({ certificate, signer: newSigner() }));
    expect(server.requests.at(-1)?.header['kid']).toBeUndefined();
    expect(server.violations).toEqual([]);
  });

  it('done before counts as done; a lost reply too', async () => {
    const { run, register, server } = acmeWorld();
    await run(async () => {
      const account = await register();
      server.script('revokeCert', loseReply);
      await account.revoke({ certificate });
    });
    expect(server.revoked).toEqual(['AQID']);
  });

  it('refused for its reason fails', async () => {
    const { run, register, server } = acmeWorld();
    server.always('revokeCert', () => problem(400, 'badRevocationReason', 'not 1'));
    await expect(run(async () => (await register()).revoke({ certificate, reason: 1 }))).rejects.toMatchObject({
      code: 'acme-problem',
    });
  });

  it('is unsupported where the directory does not name it', async () => {
    const { run, register } = acmeWorld({ directory: { revokeCert: undefined } });
    await expect(run(async () => (await register()).revoke({ certificate }))).rejects.toMatchObject({
      code: 'unsupported',
    });
  });
});

describe('a directory resource', () => {
  it('with an empty 404 is a refusal', async () => {
    const { run, register, server } = acmeWorld();
    server.always('account', () => reply(404));
    await expect(run(async () => (await register()).fetch())).rejects.toMatchObject({ problem: { status: 404 } });
  });
});
