/** What must hold after every conversation with the paper CA. */
import { expect } from 'vitest';
import { EversealError, type ErrorCode, nextStepOf } from '../../core/index.ts';
import { deadlineMs, type PaperOutcome } from './paper-ca.testing.ts';

/** The ends that a client may come to, whatever it was told. */
const ends: readonly ('issued' | ErrorCode)[] = [
  'issued',
  'acme-problem',
  'account-not-found',
  'rate-limited',
  'user-action-required',
  'bad-server',
  'bad-certificate',
  'order-failed',
  'unsupported',
  'usage',
  'timeout',
  'connection-reset',
  'connection-refused',
  'name-not-found',
  'tls',
  'network',
  'bad-reply',
  'reply-too-large',
];

export function judge({ end, error, requests, ms }: PaperOutcome): void {
  expect({ end, text: error instanceof EversealError ? end : String(error) }).toMatchObject({
    end: expect.toBeOneOf([...ends]),
  });
  expect(requests).toBeLessThanOrEqual(500);
  expect(ms).toBeLessThanOrEqual(deadlineMs + 1);
  expect(Object.keys(Object.prototype)).toEqual([]);
  if (!(error instanceof EversealError)) return;
  expect(error.message.length).toBeLessThanOrEqual(600);
  expect(`${error.message}${nextStepOf(error)}`).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
}
