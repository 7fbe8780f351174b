import { describe, expect, it } from 'vitest';
import { eventLine } from './event-lines.ts';

const identifier = { type: 'dns', value: 'a.example' } as const;

describe('events, said in a line', () => {
  it.each([
    [{ type: 'order.created', certificate: 'c', url: 'u' }, 'step', 'c: placed the order'],
    [
      { type: 'challenge.presented', certificate: 'c', identifier, challenge: 'http-01' },
      'step',
      'c: ready to prove a.example by http-01',
    ],
    [{ type: 'certificate.stored', certificate: 'c', notAfter: new Date(0) }, 'success', 'c: stored'],
    [{ type: 'warning', message: 'careful' }, 'warning', 'careful'],
    [{ type: 'waiting', what: 'the CA', ms: 65_400 }, 'step', 'Waiting 1m5s for the CA'],
    [
      { type: 'acme.request', method: 'GET', url: 'https://ca/', status: 200, ms: 1.6 },
      'detail',
      'GET https://ca/: 200 in 2 ms',
    ],
  ] as const)('%o', (event, level, text) => {
    expect(eventLine(event)).toEqual({ level, text });
  });

  it.each([
    { type: 'waiting', what: 'the CA', ms: 50 },
    { type: 'certificate.kept', certificate: 'c', until: new Date(0), because: 'not-due' },
    { type: 'certificate.failed', certificate: 'c', reason: 'r' },
  ] as const)('nothing is said about %o', (event) => {
    expect(eventLine(event)).toBeUndefined();
  });

  it('lose whatever could move a cursor', () => {
    const reason = 'no\u001b[2J\u202e\r\nluck';
    const line = eventLine({ type: 'challenge.failed', certificate: 'c', identifier, challenge: 'http-01', reason });
    expect(line?.text).toBe('c: http-01 failed for a.example: no [2J luck');
  });
});
