import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dnsAccount01Label } from '../pki/index.ts';
import { accountLabel } from './dns-validation.ts';
import { failed, openTrial, type Trial, valid } from './trial.testing.ts';

function digestOf({ keyAuthorization }: Trial): string {
  return createHash('sha256').update(keyAuthorization).digest('base64url');
}

const place = '_acme-challenge.a.test';

describe('dns-01', () => {
  it('takes the digest of the key authorization, among other texts too', async () => {
    const trial = await openTrial({ type: 'dns-01' });
    trial.dns.txt(place, 'somebody else', digestOf(trial), '');
    expect(await trial.run()).toMatchObject(valid);
    expect(trial.dns.asked).toEqual([`TXT ${place}.`]);
    expect(trial.world.logged).toContainEqual(
      expect.objectContaining({
        message: 'dns-01 validated',
        fields: expect.objectContaining({ identifier: 'a.test' }),
      }),
    );
  });

  it('looks below the name of a wildcard, which has an authorization of its own', async () => {
    const trial = await openTrial({ type: 'dns-01', identifier: { type: 'dns', value: '*.a.test' } });
    expect((await trial.client.read(trial.authorizationUrl)).json).toMatchObject({
      identifier: { type: 'dns', value: 'a.test' },
      wildcard: true,
      challenges: [{ type: 'dns-01' }],
    });
    trial.dns.txt(place, digestOf(trial));
    expect(await trial.run()).toMatchObject(valid);
  });

  it('does not take the authorization of a wildcard for that of its name, nor the other way round', async () => {
    const options = { reuseAuthorizations: true };
    const wildcard = { type: 'dns', value: '*.a.test' } as const;
    const first = await openTrial({ type: 'dns-01', identifier: wildcard, options });
    first.dns.txt(place, digestOf(first));
    await first.run();
    const { client } = first;
    expect((await client.newOrder([wildcard])).json).toMatchObject({ status: 'ready' });
    expect((await client.newOrder([{ type: 'dns', value: 'a.test' }])).json).toMatchObject({ status: 'pending' });
    expect((await client.newOrder([{ type: 'dns', value: '*.b.test' }])).json).toMatchObject({ status: 'pending' });
  });

  it('names the wildcard in the error of the order', async () => {
    const trial = await openTrial({ type: 'dns-01', identifier: { type: 'dns', value: '*.a.test' } });
    await trial.run();
    expect((await trial.client.read(trial.orderUrl)).json).toMatchObject({
      status: 'invalid',
      error: { type: 'urn:ietf:params:acme:error:dns', detail: expect.stringContaining('*.a.test: ') },
    });
  });

  it('follows aliases', async () => {
    const trial = await openTrial({ type: 'dns-01' });
    trial.dns.alias(place, 'b.test').alias('b.test', 'c.test').txt('c.test', digestOf(trial));
    expect(await trial.run()).toMatchObject(valid);
    expect(trial.dns.asked).toEqual([`TXT ${place}.`, 'TXT b.test.', 'TXT c.test.']);
  });

  it('reports aliases that go round in a circle', async () => {
    const trial = await openTrial({ type: 'dns-01' });
    trial.dns.alias(place, 'b.test').alias('b.test', place);
    expect(await trial.run()).toMatchObject(
      failed('dns', /aliases of _acme-challenge\.a\.test\. go round in a circle/),
    );
  });

  it('shows what was found instead, without control characters and shortened', async () => {
    const trial = await openTrial({ type: 'dns-01' });
    trial.dns.txt(place, 'wrong\u001b[31m', 'x'.repeat(1000));
    const outcome = await trial.run();
    expect(outcome).toMatchObject(
      failed(
        'incorrectResponse',
        /TXT at _acme-challenge\.a\.test shows "wrong ?\[31m", "x{99}…" where "[\w-]{43}" was/,
      ),
    );
  });

  it('does not take the key authorization itself, nor padding', async () => {
    const trial = await openTrial({ type: 'dns-01' });
    trial.dns.txt(place, trial.keyAuthorization, `${digestOf(trial)}=`, ` ${digestOf(trial)}`);
    expect(await trial.run()).toMatchObject(failed('incorrectResponse', /was expected/));
  });

  it('tells a missing record, a missing name and a broken server apart', async () => {
    const empty = await openTrial({ type: 'dns-01' });
    empty.dns.alias(place, 'b.test').address('b.test', '192.0.2.1');
    expect(await empty.run()).toMatchObject(
      failed('incorrectResponse', /There is no TXT record at _acme-challenge\.a\.test, an alias of b\.test/),
    );
    const nowhere = await openTrial({ type: 'dns-01' });
    expect(await nowhere.run()).toMatchObject(failed('dns', /_acme-challenge\.a\.test does not exist \(NXDOMAIN\)/));
    const broken = await openTrial({ type: 'dns-01' });
    broken.dns.breakDown(place);
    expect(await broken.run()).toMatchObject(
      failed('dns', /TXT of _acme-challenge\.a\.test cannot be looked up: 192\.0\.2\.53 answered SERVFAIL/),
    );
  });

  it('tries again', async () => {
    const trial = await openTrial({ type: 'dns-01', options: { validation: { attempts: 3 } } });
    trial.dns.breakDown(place);
    await trial.run();
    expect(trial.dns.asked).toHaveLength(3);
  });

  it('says that it knows no resolver when it was told of none', async () => {
    const trial = await openTrial({ type: 'dns-01', options: { validation: { resolver: undefined } } });
    expect(await trial.run()).toMatchObject(failed('dns', /This CA knows no DNS resolver/));
  });
});

describe('dns-account-01', () => {
  it('looks below the label of the account', async () => {
    const trial = await openTrial({ type: 'dns-account-01' });
    trial.dns.txt(`${dnsAccount01Label(trial.accountUrl)}.${place}`, digestOf(trial));
    expect(await trial.run()).toMatchObject(valid);
  });

  it('finds nothing below another label', async () => {
    const trial = await openTrial({ type: 'dns-account-01' });
    trial.dns.txt(`${dnsAccount01Label(`${trial.accountUrl}/`)}.${place}`, digestOf(trial)).txt(place, digestOf(trial));
    expect(await trial.run()).toMatchObject(failed('dns', /^_[a-z2-7]{16}\._acme-challenge\.a\.test does not exist/));
  });

  it("has the label of the draft's example", () => {
    expect(accountLabel('https://example.com/acme/acct/ExampleAccount')).toBe('_ujmmovf2vn55tgye');
  });
});
