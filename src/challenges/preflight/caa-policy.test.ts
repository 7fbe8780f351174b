import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChallengeType } from '../solver.ts';
import { type CaaProperty, type CaaRequest, evaluateCaa, idealCaaRecord, parseIssueValue } from './caa-policy.ts';

const issue = (value: string, tag = 'issue', flags = 0): CaaProperty => ({ flags, tag, value });

/** A request to the CA of the RFCs' examples. */
function asked(changes: Partial<CaaRequest> = {}): CaaRequest {
  return { wildcard: false, issuers: ['ca1.example.net'], methods: ['http-01'], ...changes };
}

describe('an issue-value', () => {
  it.each([
    ['', { issuer: '', parameters: [] }],
    [';', { issuer: '', parameters: [] }],
    [' \t; ', { issuer: '', parameters: [] }],
    ['ca1.example.net', { issuer: 'ca1.example.net', parameters: [] }],
    [' CA1.Example.NET\t', { issuer: 'ca1.example.net', parameters: [] }],
    ['ca1.example.net;', { issuer: 'ca1.example.net', parameters: [] }],
    [
      'ca1.example.net; account=230123',
      { issuer: 'ca1.example.net', parameters: [{ tag: 'account', value: '230123' }] },
    ],
    ['; policy=ev', { issuer: '', parameters: [{ tag: 'policy', value: 'ev' }] }],
    ['a--b.example', { issuer: 'a--b.example', parameters: [] }],
    [
      'a.example;x = 1 ;y==',
      {
        issuer: 'a.example',
        parameters: [
          { tag: 'x', value: '1' },
          { tag: 'y', value: '=' },
        ],
      },
    ],
  ])('%j is read', (text, value) => {
    expect(parseIssueValue(text)).toEqual(value);
  });

  it.each([
    '%%%%%', // the example of RFC 8659 §4.2
    'a.example.',
    '.example',
    '-a.example',
    'a-.example',
    'a b.example',
    'a.example; x',
    'a.example; x=1;',
    'a.example; ;x=1',
    'a.example; x=1 2',
    'a.example; -x=1',
    'a.example; x_y=1',
    'a.example; x=ü',
    'a.example\n',
    `${'a.'.repeat(3000)}example`,
  ])('%j is malformed', (text) => {
    expect(parseIssueValue(text)).toBeUndefined();
  });

  it('survives writing and reading', () => {
    const word = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
    const value = fc.stringMatching(/^[\x21-\x3a\x3c-\x7e]{0,20}$/);
    const spaces = fc.stringMatching(/^[ \t]{0,2}$/);
    const written = fc.record({
      issuer: fc.array(word, { maxLength: 4 }).map((labels) => labels.join('.')),
      parameters: fc.array(fc.record({ tag: word, value }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(written, spaces, ({ issuer, parameters }, space) => {
        const list = parameters.map(({ tag, value: text }) => `${space}${tag}${space}=${space}${text}${space}`);
        const text = [`${space}${issuer}${space}`, ...list].join(';');
        expect(parseIssueValue(text)).toEqual({ issuer, parameters });
      }),
    );
  });

  it('is read in bounded time, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300, unit: fc.constantFrom('a', '-', '.', ' ', ';', '=', '\t', '"') }),
        (text) => {
          const value = parseIssueValue(text);
          if (value !== undefined) expect(value.issuer).toMatch(/^[a-z0-9.-]*$/);
        },
      ),
    );
    expect(parseIssueValue(`${'-'.repeat(4000)};`)).toBeUndefined();
    expect(parseIssueValue(`a${'-a'.repeat(2000)}!`)).toBeUndefined();
  });
});

describe('the relevant set', () => {
  const rows: readonly (readonly [string, readonly CaaProperty[], Partial<CaaRequest>, string])[] = [
    ['no set allows all', [], {}, 'allowed'],
    ['RFC 8659 §4: the named CA may', [issue('ca1.example.net')], {}, 'allowed'],
    ['in any case of letters', [issue('CA1.example.net', 'ISSUE')], {}, 'allowed'],
    ['§4: another may not', [issue('ca2.example.org')], {}, 'issuer'],
    ['§4.2: one of several', [issue('ca1.example.net'), issue('ca2.example.org')], {}, 'allowed'],
    ['§4.2: nobody', [issue(';')], {}, 'nobody'],
    ['§4.2: an empty value is nobody, too', [issue('')], {}, 'nobody'],
    ['§4.2: a malformed value is nobody', [issue('%%%%%')], {}, 'nobody'],
    ['nobody beside somebody forbids nothing', [issue(';'), issue('ca1.example.net')], {}, 'allowed'],
    ['§4.2: unknown parameters are the CA’s affair', [issue('ca1.example.net; account=230123')], {}, 'allowed'],
    ['§4.3: issuewild says nothing on plain names', [issue(';', 'issuewild')], {}, 'allowed'],
    ['§4.3: issuewild hides issue', [issue('ca1.example.net'), issue(';', 'issuewild')], { wildcard: true }, 'nobody'],
    [
      '§4.3: and the other way round',
      [issue('ca2.example.org'), issue('ca1.example.net', 'issuewild')],
      { wildcard: true },
      'allowed',
    ],
    ['§4.3: issue holds for wildcards otherwise', [issue('ca2.example.org')], { wildcard: true }, 'issuer'],
    ['§4.4: iodef alone restricts nothing', [issue('mailto:security@example.com', 'iodef')], {}, 'allowed'],
    [
      '§4.1: an unknown critical property forbids',
      [issue('ca1.example.net'), issue('Unknown', 'tbs', 128)],
      {},
      'critical',
    ],
    ['an unknown one that is not critical does not', [issue('ca1.example.net'), issue('x', 'tbs')], {}, 'allowed'],
    ['a known one may be critical', [issue('ca1.example.net', 'issue', 128)], {}, 'allowed'],
    ['other flags mean nothing', [issue('x', 'tbs', 127)], {}, 'allowed'],
    ['nobody, whoever asks', [issue(';')], { issuers: undefined }, 'nobody'],
    ['a CA that says nothing of itself', [issue('ca1.example.net')], { issuers: [] }, 'unknown-issuer'],
  ];

  it.each(rows)('%s', (_, properties, changes, expected) => {
    const verdict = evaluateCaa(properties, asked(changes));
    expect(verdict.result === 'forbidden' ? verdict.because : verdict.result).toBe(expected);
  });

  it('names who may issue where the CA is not known', () => {
    const properties = [issue('ca2.example.org'), issue('ca1.example.net'), issue('CA2.example.org')];
    expect(evaluateCaa(properties, asked({ issuers: undefined }))).toEqual({
      result: 'unknown-issuer',
      issuers: ['ca2.example.org', 'ca1.example.net'],
    });
  });
});

describe('any set', () => {
  const value = fc.constantFrom(
    ';',
    '',
    '%%',
    'ca1.example.net',
    'ca2.example.org',
    'ca1.example.net; validationmethods=dns-01',
    'x=1',
  );
  const tag = fc.constantFrom('issue', 'issuewild', 'iodef', 'tbs', 'ISSUE');
  const properties = fc.array(fc.record({ flags: fc.constantFrom(0, 1, 128, 255), tag, value }), { maxLength: 6 });

  it('means the same in any order', () => {
    fc.assert(
      fc.property(properties, fc.boolean(), (set, wildcard) => {
        const backwards = evaluateCaa([...set].reverse(), asked({ wildcard }));
        const verdict = evaluateCaa(set, asked({ wildcard }));
        expect(backwards.result).toBe(verdict.result);
        if (verdict.result === 'forbidden') expect(backwards).toMatchObject({ because: verdict.because });
      }),
    );
  });

  it('allows the CA that is added to it, unless something critical is not known', () => {
    fc.assert(
      fc.property(properties, fc.boolean(), (set, wildcard) => {
        const added = [...set, issue('ca1.example.net'), issue('ca1.example.net', 'issuewild')];
        const critical = set.some((property) => property.tag === 'tbs' && property.flags >= 128);
        const verdict = evaluateCaa(added, asked({ wildcard }));
        if (critical) expect(verdict).toMatchObject({ because: 'critical' });
        else expect(verdict).toMatchObject({ result: 'allowed', methods: ['http-01'] });
      }),
    );
  });
});

describe('the parameters of RFC 8657', () => {
  const first = 'https://example.net/account/1234';
  const second = 'https://example.net/account/2345';
  const ask = (methods: readonly ChallengeType[], accountUrl?: string): CaaRequest => ({
    wildcard: false,
    issuers: ['example.net'],
    methods,
    accountUrl,
  });
  const twoAccounts = [issue(`example.net; accounturi=${first}`), issue(`example.net; accounturi=${second}`)];
  const pairs = [
    issue(`example.net; accounturi=${first}; validationmethods=dns-01`),
    issue(`example.net; accounturi=${second}; validationmethods=http-01`),
  ];
  const rows: readonly (readonly [string, readonly CaaProperty[], CaaRequest, string])[] = [
    ['two accounts, the first', twoAccounts, ask(['http-01'], first), 'http-01'],
    ['two accounts, the second', twoAccounts, ask(['http-01'], second), 'http-01'],
    ['two accounts, a third', twoAccounts, ask(['http-01'], `${first}5`), 'account'],
    ['methods', [issue('example.net; validationmethods=dns-01,xyz-01')], ask(['http-01', 'dns-01']), 'dns-01'],
    ['no method', [issue('example.net; validationmethods=dns-01,xyz-01')], ask(['http-01']), 'method'],
    [
      'methods in two records',
      [issue('example.net; validationmethods=dns-01'), issue('example.net; validationmethods=http-01')],
      ask(['http-01', 'dns-01']),
      'http-01 dns-01',
    ],
    ['an account with its method', pairs, ask(['http-01', 'dns-01'], first), 'dns-01'],
    ['the other account with its method', pairs, ask(['http-01', 'dns-01'], second), 'http-01'],
    ['an account with the method of the other', pairs, ask(['http-01'], first), 'method'],
    ['a method of the CA’s own', [issue('example.net; validationmethods=dns-01,ca-foo')], ask(['dns-01']), 'dns-01'],
    ['an account at another CA', [issue(`example.org; accounturi=${first}`)], ask(['dns-01'], first), 'issuer'],
    [
      'an account twice',
      [issue(`example.net; accounturi=${first}; accounturi=${first}`)],
      ask(['dns-01'], first),
      'account',
    ],
    ['an account that is no URI', [issue('example.net; accounturi=1234')], ask(['dns-01']), 'account'],
    [
      'methods twice',
      [issue('example.net; validationmethods=dns-01; validationmethods=dns-01')],
      ask(['dns-01']),
      'method',
    ],
    ['a method list with a hole', [issue('example.net; validationmethods=dns-01,,x')], ask(['dns-01']), 'method'],
  ];

  it.each(rows)('%s', (_, properties, request, expected) => {
    const verdict = evaluateCaa(properties, request);
    const shown = verdict.result === 'forbidden' ? verdict.because : verdict.result;
    expect(verdict.result === 'allowed' ? verdict.methods.join(' ') : shown).toBe(expected);
  });

  it('are told where the account is not known', () => {
    expect(evaluateCaa(twoAccounts, ask(['dns-01']))).toMatchObject({ result: 'allowed', accounts: [first, second] });
    expect(evaluateCaa([...twoAccounts, issue('example.net')], ask(['dns-01']))).toMatchObject({ accounts: [] });
  });

  it('are satisfied by the record that is advised', () => {
    const types: readonly ChallengeType[] = ['http-01', 'tls-alpn-01', 'dns-01', 'dns-account-01', 'dns-persist-01'];
    fc.assert(
      fc.property(fc.subarray([...types], { minLength: 1 }), fc.boolean(), fc.webUrl(), (methods, wildcard, url) => {
        const accountUrl = new URL(url).href.replaceAll(';', '%3B');
        const line = idealCaaRecord({ name: 'a.example', wildcard, issuer: 'ca.example', accountUrl, methods });
        const [, tag = '', value = ''] = /^a\.example\. CAA 0 (\w+) "(.*)"$/.exec(line) ?? [];
        const verdict = evaluateCaa([issue(value, tag)], { wildcard, issuers: ['ca.example'], accountUrl, methods });
        expect(verdict).toMatchObject({ result: 'allowed', restricted: true, methods });
        const stranger = { wildcard, issuers: ['ca.example'], accountUrl: `${accountUrl}/x`, methods };
        expect(evaluateCaa([issue(value, tag)], stranger)).toMatchObject({ because: 'account' });
      }),
    );
  });
});
