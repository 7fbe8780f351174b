import { type Identifier, softwareKeyFromPkcs8 } from '../../core/index.ts';
import { testSigner } from '../../pki/fixtures/authority.ts';
import { buildCsr } from '../../pki/index.ts';
import type { Client } from '../../../sim/town.ts';
import type { CertificateSpec } from '../spec.ts';
import type { HostileTable } from './row.testing.ts';

const dns = (value: string): Identifier => ({ type: 'dns', value });

async function requestFor(...names: readonly string[]): Promise<Partial<CertificateSpec>> {
  const der = await buildCsr({ signer: testSigner('EC256'), identifiers: names.map(dns) });
  return { key: { kind: 'csr', der } };
}

async function accountKey({ stores }: Client) {
  const [known] = await stores.accounts.list();
  const account = known && (await stores.accounts.load(known));
  if (account === undefined) throw new Error('there is no account');
  return softwareKeyFromPkcs8(account.key);
}

/** What users hand over can be as wrong as what servers say: nothing is asked of the CA then. */
export const givenKeys: HostileTable = {
  area: 'keys and signing requests of users',
  rows: [
    {
      input: 'a signing request with a further name',
      expect: 'usage',
      setting: { spec: () => requestFor('www.example', 'n1.example') },
      requests: 0,
    },
    {
      input: 'a signing request for another name',
      expect: 'usage',
      setting: { spec: () => requestFor('evil.example') },
      requests: 0,
    },
    {
      input: 'the key of the account',
      expect: 'bad-key',
      setting: { spec: async (client) => ({ key: { kind: 'given', key: await accountKey(client) } }) },
      requests: 0,
    },
    {
      input: 'a signing request by the key of the account',
      expect: 'bad-key',
      setting: {
        spec: async (client) => ({
          key: {
            kind: 'csr',
            der: await buildCsr({ signer: await accountKey(client), identifiers: [dns('www.example')] }),
          },
        }),
      },
      requests: 0,
    },
    { input: 'a signing request that fits', expect: 'issued', setting: { spec: () => requestFor('www.example') } },
  ],
};
