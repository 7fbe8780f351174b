import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ErrorCode, EversealError, type Signer } from '../../core/index.ts';
import {
  converse,
  type PaperAnswer,
  paperChain,
  paperCsr,
  paperKey,
  paperReply,
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

/** What a server may do at one step. */
type Move =
  | { readonly kind: 'state'; readonly order: string; readonly authorization: string }
  | { readonly kind: 'refuse'; readonly status: number; readonly type: string }
  | { readonly kind: 'fail'; readonly code: ErrorCode };

const orderStates = ['pending', 'ready', 'processing', 'valid', 'invalid'];
const authorizationStates = ['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked', 'processing'];
const states = fc.record<Move & { kind: 'state' }>({
  kind: fc.constant('state'),
  order: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...orderStates) },
    { weight: 1, arbitrary: fc.constantFrom('', 'VALID', 'paused', 'constructor') },
  ),
  authorization: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...authorizationStates) },
    { weight: 1, arbitrary: fc.constantFrom('', 'unheard') },
  ),
});
const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 8, arbitrary: states },
  {
    weight: 1,
    arbitrary: fc.record<Move & { kind: 'refuse' }>({
      kind: fc.constant('refuse'),
      status: fc.constantFrom(400, 403, 404, 429, 500, 503),
      type: fc.constantFrom('malformed', 'orderNotReady', 'badNonce', 'rateLimited', 'unauthorized', 'serverInternal'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record<Move & { kind: 'fail' }>({
      kind: fc.constant('fail'),
      code: fc.constantFrom<ErrorCode>('connection-reset', 'timeout', 'network', 'bad-reply', 'reply-too-large', 'tls'),
    }),
  },
);

function play(script: readonly Move[]): PaperAnswer {
  let step = 0;
  return (resource, _request, _nth) => {
    if (resource === undefined) return paperReply('newNonce', '', { status: 404 });
    if (resource === 'directory' || resource === 'newNonce' || resource === 'newAccount')
      return paperReply(resource, template(resource, { order: 'pending', authorization: 'pending' }));
    const move = script[step % script.length];
    step += 1;
    if (move?.kind === 'fail') return new EversealError(move.code, `Cannot reach the paper CA: ${move.code}`);
    if (move?.kind === 'refuse')
      return paperReply(
        resource,
        { type: `urn:ietf:params:acme:error:${move.type}`, detail: 'no' },
        { status: move.status, headers: { 'content-type': 'application/problem+json' } },
      );
    return paperReply(
      resource,
      resource === 'certificate' ? chain : template(resource, move ?? { order: 'pending', authorization: 'pending' }),
    );
  };
}

describe('a server that answers any legal or illegal state at any step', () => {
  it('the client ends in a named state within its deadline', async () => {
    const ended = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(moves, { minLength: 1, maxLength: 12 }), async (script) => {
        const outcome = await converse(signer, csr, play(script));
        judge(outcome);
        ended.set(outcome.end, (ended.get(outcome.end) ?? 0) + 1);
      }),
      { numRuns: 300 },
    );
    expect([...ended.keys()]).toEqual(expect.arrayContaining(['issued', 'bad-server', 'order-failed']));
  });
});
