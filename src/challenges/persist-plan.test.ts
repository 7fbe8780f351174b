import { describe, expect, it } from 'vitest';
import type { Identifier } from '../core/index.ts';
import { FakeDns, inVirtualTime, signal } from './dns-fakes.testing.ts';
import { checkPersistRecords, type PersistPlanOptions, persistRecordLine, persistRecords } from './persist-plan.ts';
import { termsOfChallenge } from './persist-terms.ts';

// The vectors of draft-ietf-acme-dns-persist-02.
const account = {
  url: 'https://ca.example/acct/123',
  thumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
};
const exampleHash = '5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw';
const everyHash = 'NpDnSwUthQK8zCgFdefYxAdAVPnygMLbs9US6oO-5ug';

const draft2 = { issuerDomainNames: ['ca.example', 'b-ca.example'], accountHashPrefix: 'https://ca.example/acct/' };
const draft1 = { caaIdentities: ['CA.example'] };
const dns = (value: string): Identifier => ({ type: 'dns', value });
const plan = (options: Partial<PersistPlanOptions>) =>
  persistRecords({ directoryMeta: draft2, account, identifiers: [dns('example.com')], ...options });

describe('the records that are wanted before any order', () => {
  it('have the hash of draft-02 where the directory shows a prefix, by the first name of the CA', () => {
    expect(plan({})).toMatchObject([
      {
        domain: 'example.com',
        name: '_validation-persist.example.com.',
        value: `b-ca.example; accounturi=https://ca.example/acct/sha-256/${exampleHash}`,
      },
    ]);
  });

  it('may be the same for every name in draft-02', () => {
    const [record] = plan({ validFor: 'every-name', issuerDomainName: 'ca.example' });
    expect(record?.value).toBe(`ca.example; accounturi=https://ca.example/acct/sha-256/${everyHash}`);
  });

  it('have the account’s URL where it does not', () => {
    expect(plan({ directoryMeta: draft1 })[0]?.value).toBe(`ca.example; accounturi=${account.url}`);
    const chosen = plan({
      directoryMeta: {},
      issuerDomainName: 'chosen.example',
      persistUntil: new Date(1893456000999),
    });
    expect(chosen[0]?.value).toBe(`chosen.example; accounturi=${account.url}; persistUntil=1893456000`);
  });

  it('are one for a name and its wildcard', () => {
    const identifiers = [dns('example.com'), dns('*.example.com'), dns('example.com'), dns('www.example.com')];
    expect(
      plan({ identifiers }).map(({ name, wildcard, value }) => [name, wildcard, value.endsWith('policy=wildcard')]),
    ).toEqual([
      ['_validation-persist.example.com.', true, true],
      ['_validation-persist.www.example.com.', false, false],
    ]);
  });

  it.each([
    [{ directoryMeta: {} }, 'unsupported', /does not say by which name/],
    [{ issuerDomainName: 'other.example' }, 'unsupported', /other\.example: it offers b-ca\.example, ca\.example/],
    [{ identifiers: [{ type: 'ip', value: '192.0.2.7' }] }, 'unsupported', /192\.0\.2\.7/],
    [{ identifiers: [dns(`${'x'.repeat(64)}.example`)] }, 'bad-identifier', /./],
    [{ directoryMeta: { ...draft2, issuerDomainNames: undefined } }, 'bad-server', /1 to 10 issuers/],
    [{ directoryMeta: { ...draft2, accountHashPrefix: 'x; policy=wildcard; y=' } }, 'bad-server', /accountHashPrefix/],
    [{ directoryMeta: { ...draft2, accountHashPrefix: 7 } }, 'bad-server', /accountHashPrefix/],
  ] satisfies [Partial<PersistPlanOptions>, string, RegExp][])('%o is refused: %s', (options, code, message) => {
    expect(() => plan(options)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});

describe('what a challenge offers', () => {
  const terms = (challenge: Record<string, unknown>, meta: Record<string, unknown> = {}) =>
    termsOfChallenge(challenge, meta, account.url);
  const names = (count: number) => Array.from({ length: count }, (_, i) => `ca${i}.example`);

  it('is draft-02 where the directory has a prefix', () => {
    const challenge = { issuerDomainNames: ['x.example', ...draft2.issuerDomainNames] };
    expect(terms(challenge, draft2)).toEqual({
      draft: 'draft-02',
      issuers: ['b-ca.example', 'ca.example', 'x.example'],
      accountHashPrefix: draft2.accountHashPrefix,
    });
  });

  it('is an old draft where the challenge has the old field', () => {
    expect(terms({ 'issuer-domain-names': names(10) }).draft).toBe('draft-01');
    const withUri = { 'issuer-domain-names': ['ca.example'], accounturi: account.url };
    expect(terms(withUri)).toEqual({ draft: 'draft-01', issuers: ['ca.example'] });
    expect(terms(withUri, draft2).draft).toBe('draft-01');
  });

  it('is draft-02 by the prefix where the challenge has both fields', () => {
    const both = { 'issuer-domain-names': ['old.example'], issuerDomainNames: draft2.issuerDomainNames };
    expect(terms(both, draft2).draft).toBe('draft-02');
    expect(terms(both)).toEqual({ draft: 'draft-01', issuers: ['old.example'] });
  });

  it.each([
    [{}, {}, /no accountHashPrefix/],
    [{}, draft2, /1 to 10 issuers/],
    [{ 'issuer-domain-names': [] }, {}, /names 0/],
    [{ 'issuer-domain-names': names(11) }, {}, /names 11/],
    [{ 'issuer-domain-names': 'ca.example' }, {}, /1 to 10/],
    [{ 'issuer-domain-names': ['CA.example'] }, {}, /"CA\.example", which is no domain name in lower case/],
    [{ 'issuer-domain-names': ['ca.example.'] }, {}, /no domain name/],
    [{ 'issuer-domain-names': [7] }, {}, /issuer 7/],
    [{ 'issuer-domain-names': [undefined] }, {}, /no domain name/],
    [
      { 'issuer-domain-names': ['ca.example'], accounturi: 'https://ca.example/acct/9' },
      {},
      /acct\/9, and ours is .*123/,
    ],
    [{ issuerDomainNames: ['ca.example'] }, {}, /no accountHashPrefix/],
    [{ issuerDomainNames: ['ca.example'] }, draft2, /leaves out b-ca\.example/],
    [
      { issuerDomainNames: names(1) },
      { accountHashPrefix: 'p', caaIdentities: ['x.example'] },
      /ca0\.example.*caaIdentities/,
    ],
  ])('%o with %o is rejected', (challenge, meta, message) => {
    expect(() => terms(challenge, meta)).toThrow(
      expect.objectContaining({ code: 'bad-server', message: expect.stringMatching(message) }),
    );
  });
});

describe('what DNS shows', () => {
  async function check(texts: readonly string[], options: Partial<PersistPlanOptions> = {}, cname?: string) {
    let checked: Awaited<ReturnType<typeof checkPersistRecords>> = [];
    await inVirtualTime(async ({ clock }) => {
      const resolver = new FakeDns(clock);
      const [wanted] = plan(options);
      if (wanted === undefined) throw new Error('nothing is wanted');
      if (cname !== undefined) resolver.cnames.set(wanted.name, cname);
      for (const text of texts) resolver.put(cname ?? wanted.name, text);
      checked = await checkPersistRecords({ wanted: [wanted], resolver, now: clock.now() }, signal);
    });
    const [one] = checked;
    if (one === undefined) throw new Error('nothing was checked');
    return one;
  }
  const good = `ca.example; accounturi=https://ca.example/acct/sha-256/${exampleHash}`;

  it('serves by either hash and any name of the CA', async () => {
    expect((await check([good])).match).toBe(good);
    const every = `ca.example; accounturi=https://ca.example/acct/sha-256/${everyHash}`;
    expect((await check(['foreign.example; x=1', every])).match).toBe(every);
  });

  it('may stand at the end of a CNAME', async () => {
    expect(await check([good], {}, 'box.other.test.')).toMatchObject({ name: 'box.other.test.', match: good });
  });

  it('is nothing: nothing to say', async () => {
    expect(await check([])).toMatchObject({ match: undefined, found: [], findings: [] });
  });

  it('is explained where it does not serve; what is for other CAs is not mentioned', async () => {
    const old = `ca.example; accounturi=${account.url}`;
    const { match, found, findings } = await check([old, 'other.example; accounturi=x', `${good};`]);
    expect([match, found.length]).toEqual([undefined, 3]);
    expect(findings).toEqual([
      expect.stringMatching(
        /^_validation-persist\.example\.com\. has "ca\.example; accounturi=.*wants a hash \(draft-02\)\.$/,
      ),
      expect.stringMatching(/malformed: it ends with a semicolon\.$/),
    ]);
  });

  it('is ambiguous where several serve: the first name of the CA is taken', async () => {
    const first = `b-ca.example; accounturi=https://ca.example/acct/sha-256/${exampleHash}; policy=wildcard`;
    const { match, findings } = await check([good, first]);
    expect(match).toBe(first);
    expect(findings).toEqual([expect.stringMatching(/2 values that serve/)]);
  });

  it('has no control characters in the findings', async () => {
    const { findings } = await check(['ca.example; \u001b[31m']);
    expect(findings.join('')).not.toContain('\u001b');
  });
});

describe('a record for copying', () => {
  it('is a line of a zone file, in strings of at most 255 octets', () => {
    expect(persistRecordLine('_validation-persist.a.example.', 'ca.example; x="\\"')).toBe(
      '_validation-persist.a.example. IN TXT "ca.example; x=\\"\\\\\\""',
    );
    const line = persistRecordLine('a.', 'x'.repeat(600));
    expect(line).toBe(`a. IN TXT "${'x'.repeat(255)}" "${'x'.repeat(255)}" "${'x'.repeat(90)}"`);
  });
});
