import { describe, expect, it } from 'vitest';
import { newMessage } from '../codec/index.ts';
import { records } from './questions.testing.ts';
import { meaningOf } from './referral.ts';

const name = 'www.sub.example.com.';
const meaning = (authorities: string, additionals = '', answers = '') =>
  meaningOf(
    newMessage({
      response: true,
      answers: records(answers),
      authorities: records(authorities),
      additionals: records(additionals),
    }),
    'example.com.',
    name,
    'A',
  );

describe('a reply without authority', () => {
  it('refers further down', () => {
    expect(meaning('SUB NS ns.sub\nsub NS ns.elsewhere.test.', 'ns.sub A 192.0.2.1\nNS.sub AAAA ::1')).toEqual({
      kind: 'referral',
      zone: 'sub.example.com.',
      ttl: 300,
      servers: [
        { name: 'ns.sub.example.com.', addresses: ['192.0.2.1', '::1'] },
        { name: 'ns.elsewhere.test.', addresses: [] },
      ],
    });
  });

  it('is not believed about addresses outside of the zone that was asked', () => {
    expect(meaning('sub NS ns.elsewhere.test.', 'ns.elsewhere.test. A 192.0.2.66')).toMatchObject({
      servers: [{ name: 'ns.elsewhere.test.', addresses: [] }],
    });
  });

  it.each([
    ['to the zone itself', '@ NS ns1'],
    ['upwards', 'com. NS ns.com.'],
    ['sideways', 'other NS ns.other'],
    ['nowhere', ''],
  ])('that points %s is of no use', (_, authorities) => {
    expect(meaning(authorities)).toEqual({ kind: 'lame' });
  });

  it('is no answer', () => {
    expect(meaning('', '', `${name} A 192.0.2.1`)).toEqual({ kind: 'lame' });
  });
});
