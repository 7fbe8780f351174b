import { describe, expect, it } from 'vitest';
import { type Client, inTown, type Town } from '../../sim/town.ts';
import { World } from '../../sim/index.ts';
import type { Secret } from '../core/index.ts';
import { deactivateAccount, recoverAccount, updateAccount } from './accounts.ts';
import { rollOverAccountKey } from './key-rollover.ts';
import { revoke } from './revoke.ts';
import { isSuccess } from './report.ts';
import type { StoredAccount } from './stores.ts';

const names = ['www.example'];

async function obtain(client: Client): Promise<boolean> {
  return isSuccess(await client.run([client.spec(names)], { force: true }));
}

async function storedAccount({ stores, issuer }: Client): Promise<StoredAccount> {
  const stored = await stores.accounts.load({ directory: issuer().directory, id: 'me@example.com' });
  if (stored === undefined) throw new Error('no account stored');
  return stored;
}

const inFreshTown = (seed: string, story: (town: Town) => Promise<void>): Promise<void> =>
  inTown(new World({ seed }), story);

describe('accounts', () => {
  it('registers once and stores what the CA said', async () => {
    await inFreshTown('register', async (town) => {
      await town.visit(obtain);
      expect(town.events).toContainEqual(expect.objectContaining({ type: 'account.registered' }));
      const stored = await town.visit(storedAccount);
      expect(stored.registration).toMatchObject({ status: 'valid', contacts: ['mailto:me@example.com'] });
      expect(stored.registration?.url).toMatch(/^https:\/\/ca\.test\/account\//);
      await town.visit(obtain);
      expect(town.ca.stats().accounts).toBe(1);
    });
  });

  it('finds the account of a lone key again, with the address that is asked for now', async () => {
    await inFreshTown('lone key', async (town) => {
      await town.visit(obtain);
      const before = await town.visit(storedAccount);
      await town.visit(({ stores }) => stores.accounts.save({ ...before, email: undefined, registration: undefined }));
      town.events.length = 0;
      await town.visit(obtain);
      expect(await town.visit(storedAccount)).toMatchObject({
        email: 'me@example.com',
        registration: { url: before.registration?.url },
      });
      const told = town.events.map(({ type }) => type).filter((type) => type.startsWith('account.'));
      expect(told).toEqual(['account.recovered']);
      expect(town.ca.stats().accounts).toBe(1);
    });
  });

  it('asks for agreement to the terms, and stops when it is refused', async () => {
    await inTown(
      new World({ seed: 'terms' }),
      async (town) => {
        const asked: string[] = [];
        const report = await town.visit((client) => {
          const ask = async (url: string): Promise<boolean> => asked.push(url) > 1;
          const account = { ...client.issuer().account, terms: { ask } };
          return client.run([client.spec(names, { issuers: [client.issuer({ account })] })]);
        });
        expect(asked).toEqual(['https://ca.test/terms']);
        expect(report.certificates[0]).toMatchObject({ outcome: 'failed', error: { code: 'usage' } });
        expect(town.ca.stats().accounts).toBe(0);
      },
      { ca: { termsOfService: 'https://ca.test/terms' } },
    );
  });

  it('says which options are missing when the CA wants an external account', async () => {
    await inTown(
      new World({ seed: 'external' }),
      async (town) => {
        const report = await town.visit((client) => client.run([client.spec(names)]));
        expect(report.certificates[0]?.error?.next).toContain('--eab.kid');
      },
      { ca: { externalAccountRequired: true } },
    );
  });

  it('refuses an address that is none before anything is written', async () => {
    await inFreshTown('contact', async (town) => {
      const report = await town.visit((client) => {
        const account = { ...client.issuer().account, id: 'odd', email: 'me?subject=hi@example.com' };
        return client.run([client.spec(names, { issuers: [client.issuer({ account })] })]);
      });
      expect(report.certificates[0]).toMatchObject({ outcome: 'failed', error: { code: 'usage' } });
      expect(await town.visit(({ stores }) => stores.accounts.list())).toEqual([]);
    });
  });

  it('changes the key at the CA and on disk', async () => {
    await inFreshTown('roll', async (town) => {
      await town.visit(obtain);
      const before = await town.visit(storedAccount);
      const after = await town.visit((client) =>
        rollOverAccountKey(client.engine, client.issuer(), { algorithm: 'EC384' }),
      );
      expect(after.registration).toEqual(before.registration);
      expect(after.keyAlgorithm).toBe('EC384');
      expect(await town.visit(obtain)).toBe(true);
      expect(town.ca.stats().accounts).toBe(1);
    });
  });

  it('finds the account of a key on another machine', async () => {
    await inFreshTown('recover', async (town) => {
      await town.visit(obtain);
      const { key, registration } = await town.visit(storedAccount);
      const elsewhere = { name: 'elsewhere', machine: town.world.machine({ name: 'elsewhere' }) };
      const recovered = await town.visit((client) => recoverAccount(client.engine, client.issuer(), key), elsewhere);
      expect(recovered.registration?.url).toBe(registration?.url);
    });
  });

  it('says so when the CA has no account of a key', async () => {
    await inFreshTown('stranger', async (town) => {
      const key = await town.visit(
        async ({ ports }): Promise<Secret | undefined> => (await ports.keys.generate('EC256')).pkcs8,
      );
      if (key === undefined) throw new Error('no key');
      await expect(town.visit((client) => recoverAccount(client.engine, client.issuer(), key))).rejects.toMatchObject({
        code: 'account-not-found',
      });
    });
  });

  it('changes the contact, and ends the account for good', async () => {
    await inFreshTown('update', async (town) => {
      await town.visit(obtain);
      const changed = await town.visit((client) => updateAccount(client.engine, client.issuer(), 'new@example.com'));
      expect(changed.registration?.contacts).toEqual(['mailto:new@example.com']);
      const ended = await town.visit((client) => deactivateAccount(client.engine, client.issuer()));
      expect(ended.registration?.status).toBe('deactivated');
      expect(await town.visit(obtain)).toBe(false);
    });
  });
});

describe('revoke', () => {
  it.each(['account', 'certificate-key'] as const)('revokes by the %s, and once more without complaint', async (by) => {
    await inFreshTown(`revoke ${by}`, async (town) => {
      const serial = await town.visit(async (client) => {
        const report = await client.run([client.spec(names)]);
        const options = { name: 'www.example', issuer: client.issuer(), reason: 4, by };
        await revoke(client.engine, options);
        await revoke(client.engine, options);
        return report.certificates[0]?.facts?.serial ?? '';
      });
      expect(town.ca.revocationOf(serial)).toMatchObject({ reason: 4 });
    });
  });

  it('names what is missing', async () => {
    await inFreshTown('revoke nothing', async (town) => {
      const attempt = town.visit((client) =>
        revoke(client.engine, { name: 'other', issuer: client.issuer(), by: 'account' }),
      );
      await expect(attempt).rejects.toMatchObject({
        code: 'file-not-found',
        message: expect.stringContaining('other'),
      });
    });
  });
});
