import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EversealError } from '../core/index.ts';
import { ApiStage, failureOf, signal } from '../dns/provider/api-stage.testing.ts';
import { entry as cloudflare } from './cloudflare.ts';
import { entry as desec } from './desec.ts';
import { entry as gandiv5 } from './gandiv5.ts';
import { entry as pdns } from './pdns.ts';
import { recordFor } from './stage.testing.ts';
import { entry as webhook } from './webhook.ts';

const environment = {
  CLOUDFLARE_DNS_API_TOKEN: 'hush-token',
  DESEC_TOKEN: 'hush-token',
  GANDIV5_PERSONAL_ACCESS_TOKEN: 'hush-token',
  PDNS_API_URL: 'http://dns.example',
  PDNS_API_KEY: 'hush-token',
  WEBHOOK_ADD_URL: 'http://dns.example/add',
  WEBHOOK_REMOVE_URL: 'http://dns.example/remove',
  WEBHOOK_TOKEN: 'hush-token',
};

/** The words that the providers look for, filled with anything. */
const words = [
  'result',
  'id',
  'name',
  'records',
  'rrsets',
  'rrset_values',
  'rrset_ttl',
  'ttl',
  'content',
  'type',
  'errors',
];
const anyLeaf = fc.oneof(
  fc.string(),
  fc.constantFrom('example.com', '..', '', '"', 'TXT', '_acme-challenge.example.com'),
  fc.integer(),
  fc.constant(null),
  fc.boolean(),
);
const { anything } = fc.letrec<{ anything: unknown }>((tie) => ({
  anything: fc.oneof(
    { maxDepth: 4 },
    anyLeaf,
    fc.array(tie('anything'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...words), tie('anything'), { maxKeys: 5 }),
  ),
}));
const anyReply = fc.record({
  status: fc.constantFrom(200, 200, 200, 201, 204, 301, 400, 401, 404, 409, 422, 429, 500, 503),
  headers: fc.constantFrom({}, { 'retry-after': 'soon' }, { 'retry-after': '-1' }, { 'retry-after': '9'.repeat(30) }),
  body: fc.oneof(anything, fc.constantFrom('{', '<html>', 'echo hush-token', '\u0000')),
});

describe.each([cloudflare, desec, gandiv5, pdns, webhook])('$code', (entry) => {
  it('succeeds or says why, whatever its API answers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyReply, { minLength: 1, maxLength: 8 }), async (replies) => {
        let asked = 0;
        const stage = new ApiStage(() => replies[asked++ % replies.length] ?? {});
        const provider = await stage.open(entry, environment);
        const records = ['one', 'two'].map((value) => recordFor('example.com', value, 'example.com.'));
        const adding = await failureOf(provider.add(records, signal));
        const removing = await failureOf(
          provider.remove(
            records.map((record) => ({ record })),
            signal,
          ),
        );
        for (const failure of [adding, removing]) {
          if (failure === undefined) continue;
          expect(failure).toBeInstanceOf(EversealError);
          expect(failure).toMatchObject({
            message: expect.stringMatching(/^[^\p{Cc}]+$/u),
            next: expect.stringMatching(/\.$/),
          });
          expect(String(failure)).not.toContain('hush');
        }
      }),
      { numRuns: 150 },
    );
  });
});
