import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DnsTable } from './dns-table.testing.ts';
import { failed, openTrial, type Trial, valid } from './trial.testing.ts';

/** A challenge that is answered right, for a name whose CAA records decide. */
async function open(value = 'www.a.test', caa = true): Promise<Trial> {
  const trial = await openTrial({
    type: 'dns-01',
    identifier: { type: 'dns', value },
    options: { validation: { caa } },
  });
  const digest = createHash('sha256').update(trial.keyAuthorization).digest('base64url');
  trial.dns.txt(`_acme-challenge.${value.replace('*.', '')}`, digest);
  return trial;
}

describe('CAA', () => {
  it('is not asked for unless the CA was told so', async () => {
    const trial = await open('www.a.test', false);
    trial.dns.caa('www.a.test', 'issue', 'other.test');
    expect(await trial.run()).toMatchObject(valid);
    expect(trial.dns.asked).toEqual(['TXT _acme-challenge.www.a.test.']);
  });

  it('is looked for at the name and above, and allows when there is none', async () => {
    const trial = await open();
    expect(await trial.run()).toMatchObject(valid);
    expect(trial.dns.asked.slice(1)).toEqual(['CAA www.a.test.', 'CAA a.test.', 'CAA test.']);
    const { json } = await trial.client.get(trial.client.url('/directory'));
    expect(json).toMatchObject({ meta: { caaIdentities: ['ca.test'] } });
  });

  const rows: readonly (readonly [what: string, (dns: DnsTable, account: string) => void, object])[] = [
    ['for this CA', (dns) => dns.caa('www.a.test', 'issue', 'CA.test'), valid],
    [
      'for others only',
      (dns) => dns.caa('a.test', 'issue', 'other.test'),
      failed('caa', /CAA of a\.test forbids it.*"other\.test": its issuer is not ca\.test/),
    ],
    ['for nobody', (dns) => dns.caa('a.test', 'issue', ';'), failed('caa', /";": its issuer/)],
    [
      'for others and this CA',
      (dns) => dns.caa('a.test', 'issue', 'other.test').caa('a.test', 'ISSUE', 'ca.test'),
      valid,
    ],
    ['for others above, this CA here', (dns) => dns.caa('test', 'issue', ';').caa('a.test', 'issue', 'ca.test'), valid],
    [
      'for others at the end of an alias',
      (dns) => dns.alias('www.a.test', 'b.net').caa('b.net', 'issue', ';'),
      failed('caa', /forbids it/),
    ],
    ['that name no issuer', (dns) => dns.caa('a.test', 'iodef', 'mailto:a@b.test'), valid],
    ['of an unknown property', (dns) => dns.caa('a.test', 'future', 'x'), valid],
    [
      'of an unknown critical property',
      (dns) => dns.caa('a.test', 'future', 'x', 128),
      failed('caa', /critical property "future"/),
    ],
    ['of wildcards, for a plain name', (dns) => dns.caa('a.test', 'issuewild', ';'), valid],
    ['of nonsense', (dns) => dns.caa('a.test', 'issue', '%%%'), failed('caa', /not a domain name/)],
    ['for this account', (dns, account) => dns.caa('a.test', 'issue', `ca.test; accounturi=${account}`), valid],
    [
      'for another account',
      (dns) => dns.caa('a.test', 'issue', 'ca.test; accounturi=https://ca.test/account/x'),
      failed('caa', /its accounturi is not https:\/\/ca\.test\/account\//),
    ],
    ['for this method', (dns) => dns.caa('a.test', 'issue', 'ca.test; validationmethods=http-01,dns-01'), valid],
    [
      'for another method',
      (dns) => dns.caa('a.test', 'issue', 'ca.test; validationmethods=http-01'),
      failed('caa', /do not have dns-01/),
    ],
    [
      'for an account twice',
      (dns, account) => dns.caa('a.test', 'issue', `ca.test; accounturi=${account}; accounturi=x`),
      failed('caa', /twice/),
    ],
    [
      'that cannot be had',
      (dns) => dns.breakDown('a.test'),
      failed('dns', /CAA of a\.test cannot be looked up.*SERVFAIL/),
    ],
  ];

  it.each(rows)('%s', async (_what, prepare, outcome) => {
    const trial = await open();
    prepare(trial.dns, trial.accountUrl);
    expect(await trial.run()).toMatchObject(outcome);
  });

  it.each([
    ['issue', 'ca.test', valid],
    ['issue', 'other.test', failed('caa', /forbids it/)],
    ['issuewild', 'ca.test', valid],
    ['issuewild', ';', failed('caa', /forbids it/)],
  ])('of a wildcard: %s "%s"', async (tag, value, outcome) => {
    const trial = await open('*.a.test');
    if (tag === 'issuewild') trial.dns.caa('a.test', 'issue', value === ';' ? 'ca.test' : ';');
    trial.dns.caa('a.test', tag, value);
    expect(await trial.run()).toMatchObject(outcome);
  });

  it('is nothing that addresses have', async () => {
    const trial = await openTrial({
      type: 'http-01',
      identifier: { type: 'ip', value: '192.0.2.7' },
      options: { validation: { caa: true } },
    });
    const token = trial.keyAuthorization.split('.')[0];
    trial.world.sites.set(`http://192.0.2.7/.well-known/acme-challenge/${token}`, { body: trial.keyAuthorization });
    expect(await trial.run()).toMatchObject(valid);
    expect(trial.dns.asked).toEqual([]);
  });
});
