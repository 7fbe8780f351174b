/** dns-01 (RFC 8555 §8.4) and dns-account-01 (draft-ietf-acme-dns-account-label-02). */
import { createHash } from 'node:crypto';
import type { CaContext } from './context.ts';
import { lookUpTexts, shownTexts } from './dns-lookups.ts';
import { CaProblem } from './problem.ts';
import type { Proof, Trial } from './validation.ts';

export function dns01(ca: CaContext, trial: Trial, visited: string[]): Promise<Proof> {
  return checkDigest(ca, trial, `_acme-challenge.${trial.identifier.value}`, visited);
}

export function dnsAccount01(ca: CaContext, trial: Trial, visited: string[]): Promise<Proof> {
  const label = accountLabel(ca.urls.account(trial.account.id));
  return checkDigest(ca, trial, `${label}._acme-challenge.${trial.identifier.value}`, visited);
}

/** `_` and the first ten octets of the SHA-256 of the account URL in base32 of lower case: eighty bits, sixteen letters. */
export function accountLabel(accountUrl: string): string {
  const bits = BigInt(`0x${createHash('sha256').update(accountUrl).digest('hex').slice(0, 20)}`);
  // Digits 0 to 9 and a to v stand for what RFC 4648 §6 writes as a to z and 2 to 7.
  const letters = [...bits.toString(32).padStart(16, '0')].map(
    (digit) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(digit, 32)],
  );
  return `_${letters.join('')}`;
}

async function checkDigest(ca: CaContext, trial: Trial, name: string, visited: string[]): Promise<Proof> {
  const expected = createHash('sha256').update(trial.keyAuthorization).digest('base64url');
  const { texts, where } = await lookUpTexts(ca, name, visited);
  if (texts.includes(expected)) return { until: undefined };
  throw new CaProblem(
    'incorrectResponse',
    texts.length === 0
      ? `There is no TXT record at ${where}; "${expected}" was expected`
      : `TXT at ${where} shows ${shownTexts(texts)} where "${expected}" was expected`,
  );
}
