/** What every store of accounts must do. */
import { describe, expect, it } from 'vitest';
import { Secret } from '../core/index.ts';
import { firstKey, rsaKeyPkcs8, secondKey } from './certificate-samples.testing.ts';
import type { AccountStore, Locks, StoredAccount } from './stores.ts';

export interface AccountsWorld {
  readonly accounts: AccountStore;
  readonly locks: Locks;
  /** The same store, as another process sees it. */
  readonly other: AccountStore;
}

const account: StoredAccount = {
  directory: 'https://ca.test/directory',
  id: 'me@example.com',
  email: 'me@example.com',
  keyAlgorithm: 'EC256',
  key: new Secret(firstKey),
  registration: {
    url: 'https://ca.test/account/1',
    status: 'valid',
    contacts: ['mailto:me@example.com'],
    termsAgreed: true,
    orders: 'https://ca.test/account/1/orders?a=1&b=2',
  },
};

/**
 * @example
 * ```ts
 * accountsConformance('MyStore', async () => makeAnEmptyStore());
 * ```
 */
export function accountsConformance(store: string, makeWorld: () => Promise<AccountsWorld>): void {
  describe(`${store} is a store of accounts`, () => {
    it('has nothing at first', async () => {
      const { accounts } = await makeWorld();
      expect(await accounts.load(account)).toBeUndefined();
      expect(await accounts.list()).toEqual([]);
    });

    it('gives back what was saved, to other processes too', async () => {
      const { accounts, other } = await makeWorld();
      await accounts.save(account);
      for (const reader of [accounts, other]) {
        expectSame(await reader.load(account), account);
        expect(await reader.list()).toEqual([{ directory: account.directory, id: account.id }]);
      }
    });

    it('takes nothing from a holder who lost the lease', async () => {
      const { accounts, locks } = await makeWorld();
      const lease = await locks.tryAcquire('account/x');
      await accounts.save(account, lease?.fence);
      const stale = { lock: 'account/x', number: (lease?.fence.number ?? 0) - 1 };
      const late = { ...account, key: new Secret(secondKey) };
      await expect(accounts.save(late, stale)).rejects.toMatchObject({ code: 'stale-lease' });
      expectSame(await accounts.load(account), account);
    });

    it.each<[string, StoredAccount]>([
      ['an account that is not registered yet', { ...account, registration: undefined }],
      ['an account without address', { ...account, id: 'noemail@example.com', email: undefined }],
      ['an RSA key', { ...account, keyAlgorithm: 'RSA2048', key: new Secret(rsaKeyPkcs8) }],
      [
        'a registration of which the CA said little',
        {
          ...account,
          registration: {
            url: 'https://ca.test/a',
            status: 'valid',
            contacts: [],
            termsAgreed: false,
            orders: undefined,
          },
        },
      ],
    ])('keeps %s', async (_what, saved) => {
      const { accounts, other } = await makeWorld();
      await accounts.save(saved);
      expectSame(await other.load(saved), saved);
    });

    it('replaces registration and key', async () => {
      const { accounts, other } = await makeWorld();
      await accounts.save({ ...account, registration: undefined });
      await accounts.save(account);
      expectSame(await other.load(account), account);
      const rolledOver = { ...account, key: new Secret(secondKey) };
      await accounts.save(rolledOver);
      expectSame(await other.load(account), rolledOver);
      expect(await other.list()).toHaveLength(1);
    });

    it('keeps accounts apart by directory and id, whatever they are made of', async () => {
      const { accounts, other } = await makeWorld();
      const keys = [
        { directory: 'https://ca.test/directory', id: 'a/b' },
        { directory: 'https://ca.test/directory', id: 'a%2Fb' },
        { directory: 'https://ca.test/directory', id: '..' },
        { directory: 'https://ca.test/directory', id: 'Me+tag@example.com' },
        { directory: 'https://ca.test/directory', id: 'møøse' },
        { directory: 'https://ca.test:14000/directory', id: 'a/b' },
        { directory: 'https://other.test/directory', id: '..' },
        { directory: 'https://ca.test/other-directory', id: 'a/b' },
      ];
      const saved = keys.map((key, index) => ({
        ...account,
        ...key,
        key: new Secret(index % 2 === 0 ? firstKey : secondKey),
        registration: { ...registration(), url: `https://ca.test/account/${index}` },
      }));
      for (const one of saved) await accounts.save(one);
      for (const one of saved) expectSame(await other.load(one), one);
      expect(sorted(await other.list())).toEqual(sorted(keys));
    });

    it('shows readers the old pair of key and registration or the new one', async () => {
      const { accounts, other } = await makeWorld();
      const changed = {
        ...account,
        key: new Secret(secondKey),
        registration: { ...registration(), url: 'https://ca.test/2' },
      };
      await accounts.save(account);
      let writing = true;
      const reader = async () => {
        while (writing) {
          const seen = await other.load(account);
          expectSame(seen, seen?.registration?.url === 'https://ca.test/2' ? changed : account);
        }
      };
      const readers = [reader(), reader()];
      for (let round = 0; round < 6; round += 1) await accounts.save(round % 2 === 0 ? changed : account);
      writing = false;
      await Promise.all(readers);
    });
  });
}

function registration(): NonNullable<StoredAccount['registration']> {
  if (account.registration === undefined) throw new Error('the sample is registered');
  return account.registration;
}

function sorted(keys: readonly { directory: string; id: string }[]): readonly string[] {
  return keys.map(({ directory, id }) => `${directory} ${id}`).sort();
}

function expectSame(found: StoredAccount | undefined, expected: StoredAccount): void {
  expect({ ...found, key: found?.key.reveal() }).toEqual({ ...expected, key: expected.key.reveal() });
}
