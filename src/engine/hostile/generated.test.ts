import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Signer } from '../../core/index.ts';
import { apply, changes, nasty } from './lies.testing.ts';
import {
  converse,
  type PaperAnswer,
  type PaperResource,
  paperChain,
  paperCsr,
  paperKey,
  paperReply,
  paperResources,
  template,
} from './paper-ca.testing.ts';
import { judge } from './paper-verdict.testing.ts';

let signer: Signer;
let csr: Uint8Array;
let chain: string;
beforeAll(async () => {
  signer = paperKey();
  csr = await paperCsr();
  chain = await paperChain();
});

/** A CA that goes through all states in order, changed where the lies say so. */
function decent(
  lies: ReadonlyMap<PaperResource, (honest: unknown) => unknown>,
  headers: Readonly<Record<string, string>> = {},
): PaperAnswer {
  let order = 'pending';
  let authorization = 'pending';
  return (resource, _request, nth) => {
    if (resource === undefined) return paperReply('newNonce', '', { status: 404 });
    if (resource === 'challenge') authorization = 'valid';
    if (resource === 'order' && authorization === 'valid' && order === 'pending') order = 'ready';
    if (resource === 'finalize') order = 'valid';
    const honest = resource === 'certificate' ? chain : template(resource, { order, authorization });
    const lie = lies.get(resource);
    return paperReply(resource, lie === undefined || nth > 30 ? honest : lie(honest), { headers });
  };
}

describe('whatever a server says, the client comes to a named end', () => {
  it('an honest one: a certificate', async () => {
    expect(await converse(signer, csr, decent(new Map()))).toMatchObject({ end: 'issued' });
  });

  it('documents changed at random', async () => {
    const ended = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paperResources),
        fc.array(changes, { minLength: 1, maxLength: 3 }),
        async (resource, list) => {
          const outcome = await converse(
            signer,
            csr,
            decent(new Map([[resource, (honest) => list.reduce(apply, honest)]])),
          );
          judge(outcome);
          ended.add(outcome.end);
        },
      ),
      { numRuns: 200 },
    );
    expect(ended.size).toBeGreaterThan(2);
  });

  it('any JSON, any text and any octets instead of a document', async () => {
    const anything = fc.oneof(
      fc.json({ maxDepth: 6 }),
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(5000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
      fc.constantFrom('{"__proto__":{"status":"valid"}}', '{"status":1e400}', '"x"', '-', '{"a":NaN}', '\ufeff{}'),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paperResources), anything, async (resource, body) => {
        judge(await converse(signer, csr, decent(new Map([[resource, () => body]]))));
      }),
      { numRuns: 120 },
    );
  });

  it('any headers', async () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
      fc.constantFrom(
        '0',
        '-1',
        '1e9',
        'Fri, 31 Dec 9999 23:59:59 GMT',
        '<https://ca.test/certificate/1>;rel="alternate"',
        `<${'x'.repeat(5000)}`,
        'A'.repeat(5000),
      ),
    );
    const headers = fc.dictionary(
      fc.constantFrom(
        'retry-after',
        'replay-nonce',
        'location',
        'link',
        'content-type',
        'date',
        'cache-control',
        'content-encoding',
      ),
      value,
      { noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(headers, async (made) => {
        judge(await converse(signer, csr, decent(new Map(), made)));
      }),
      { numRuns: 80 },
    );
  });

  it('any problem document with any status', async () => {
    const problems = fc.record(
      {
        type: fc.oneof(
          fc
            .constantFrom(
              'badNonce',
              'rateLimited',
              'userActionRequired',
              'accountDoesNotExist',
              'orderNotReady',
              'malformed',
              'badCSR',
              'serverInternal',
            )
            .map((name) => `urn:ietf:params:acme:error:${name}`),
          nasty,
        ),
        title: nasty,
        detail: nasty,
        status: nasty,
        instance: nasty,
        subproblems: fc.oneof(
          nasty,
          fc.array(fc.record({ type: nasty, detail: nasty, identifier: nasty }), { maxLength: 4 }),
        ),
        algorithms: nasty,
      },
      { requiredKeys: [] },
    );
    const statuses = fc.oneof(
      fc.constantFrom(200, 301, 400, 401, 403, 404, 409, 429, 500, 503),
      fc.integer({ min: 100, max: 999 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paperResources),
        problems,
        statuses,
        fc.boolean(),
        async (resource, document, status, always) => {
          const honest = decent(new Map());
          let told = false;
          judge(
            await converse(signer, csr, (at, request, nth) => {
              if (at !== resource || (told && !always)) return honest(at, request, nth);
              told = true;
              return paperReply(resource, document, {
                status,
                headers: { 'content-type': 'application/problem+json' },
              });
            }),
          );
        },
      ),
      { numRuns: 120 },
    );
  });
});
