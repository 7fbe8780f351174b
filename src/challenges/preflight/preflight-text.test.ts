import { describe, expect, it } from 'vitest';
import type { Finding } from './finding.ts';
import { isClear } from './finding.ts';
import { preflightJson, preflightText } from './preflight-text.ts';
import { preflightRefusal } from './refusal.ts';

const shop = { identifier: { type: 'dns', value: 'shop.com' }, wildcard: false } as const;
const wild = { ...shop, wildcard: true };
const other = { identifier: { type: 'dns', value: 'www.other.org' }, wildcard: false } as const;
const caa: Finding = { ...shop, check: 'caa', severity: 'certain', cause: 'It forbids.', cure: 'Allow.' };
const note: Finding = { ...shop, check: 'delegation', severity: 'note', cause: 'One is lame.', cure: 'Mend it.' };
const likely: Finding = {
  ...wild,
  check: 'tls',
  severity: 'likely',
  method: 'tls-alpn-01',
  cause: 'Closed.',
  cure: 'Open.',
};

describe('the table of a preflight', () => {
  it('shows each name once, aligned, the worst first, and sums up', () => {
    expect(preflightText([note, caa, likely], [shop, wild, other], { unicode: true })).toBe(
      [
        'shop.com       ✗  CAA           It forbids.',
        '                                Allow.',
        '               ·  name servers  One is lame.',
        '                                Mend it.',
        '*.shop.com     !  tls-alpn-01   Closed.',
        '                                Open.',
        'www.other.org  ✓  nothing stands in the way',
        '',
        'Of 3 names the CA is sure to refuse 1 and will probably refuse 1.',
        '',
      ].join('\n'),
    );
  });

  it('keeps to ASCII unless the terminal may show more', () => {
    const text = preflightText([note, caa, likely], [shop, wild, other]);
    expect(text).toMatch(/^[ -~\n]*$/);
    expect(text).toContain('www.other.org  +  nothing stands in the way\n');
  });

  it('does not praise what it could not look at', () => {
    const offline: Finding = { wildcard: false, check: 'resolver', severity: 'note', cause: 'Silence.', cure: 'Wait.' };
    expect(preflightText([offline], [other])).toBe('www.other.org  -  not known\n- Silence.\n  Wait.\n');
    expect(isClear([offline])).toBe(false);
  });
});

it('is the failure of each name that the CA is sure to refuse', () => {
  const refusal = preflightRefusal([note, likely, caa, { ...caa, ...other }], [wild, shop, other]);
  expect(refusal).toMatchObject({
    code: 'preflight-failed',
    message: 'The CA would refuse shop.com: It forbids (and 1 more)',
    next: 'Allow.',
    failures: [{ index: 1 }, { index: 2 }],
  });
  expect(preflightRefusal([note, likely], [shop, wild])).toBeUndefined();
});

it('is JSON for machines', () => {
  expect(JSON.parse(preflightJson([note, likely], [shop, wild]))).toEqual({
    version: 1,
    ok: false,
    findings: [],
    names: [
      {
        name: 'shop.com',
        findings: [{ check: 'delegation', severity: 'note', cause: 'One is lame.', cure: 'Mend it.' }],
      },
      {
        name: '*.shop.com',
        findings: [{ check: 'tls', severity: 'likely', method: 'tls-alpn-01', cause: 'Closed.', cure: 'Open.' }],
      },
    ],
  });
  expect(isClear([note])).toBe(true);
  expect(isClear([note, likely])).toBe(false);
});
