import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Identifier } from '../core/index.ts';
import type { Certificate } from './certificate.ts';
import { chooseChain, covers, orderChain, verifyChain } from './chain.ts';
import { type TestIssuer, testIssuer, testLeaf, testNotAfter, testNow, testSigner } from './fixtures/authority.ts';

const dns = (value: string): Identifier => ({ type: 'dns', value });

let root: TestIssuer;
let upper: TestIssuer;
let lower: TestIssuer;
let stranger: TestIssuer;
let crossSigned: TestIssuer;
let leaf: Certificate;
let chain: readonly Certificate[];

beforeAll(async () => {
  root = await testIssuer('Root', 'EC384');
  upper = await testIssuer('Upper', 'RSA2048', root);
  lower = await testIssuer('Lower', 'EC521', upper, 0);
  stranger = await testIssuer('Stranger', 'EC256');
  crossSigned = await testIssuer('Root', 'EC384', stranger);
  leaf = await testLeaf(lower, [dns('example.com'), dns('*.example.com')]);
  chain = [leaf, lower.certificate, upper.certificate];
});

describe('ordering', () => {
  it('puts any order right and drops what does not belong', () => {
    const right = [...chain, root.certificate].map(({ fingerprint }) => fingerprint);
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), (order) => {
        const all = [...chain, root.certificate, stranger.certificate, leaf];
        const mixed = order.flatMap((index) => all[index] ?? []);
        expect(orderChain(mixed).map(({ fingerprint }) => fingerprint)).toEqual(right);
      }),
    );
  });

  it('stops where an issuer is missing', () => {
    expect(orderChain([upper.certificate, leaf])).toEqual([leaf]);
  });

  it('starts at the lowest CA when there is nothing else, and ends for CAs that signed each other', () => {
    expect(orderChain([root.certificate, upper.certificate])).toEqual([upper.certificate, root.certificate]);
    expect(orderChain([root.certificate])).toEqual([root.certificate]);
    expect(orderChain([])).toEqual([]);
  });
});

describe('verifying', () => {
  const at = testNow;
  const check = (certificates: readonly Certificate[], more: Partial<Parameters<typeof verifyChain>[1]> = {}) =>
    verifyChain(certificates, { roots: [root.certificate], at, identifiers: [dns('example.com')], ...more });

  it('accepts a chain to a root, with the root in it or not', () => {
    expect(() => check(chain)).not.toThrow();
    expect(() => check([...chain, root.certificate])).not.toThrow();
  });

  it('accepts a chain that goes on above a root (cross-signed)', () => {
    expect(() => check([...chain, crossSigned.certificate])).not.toThrow();
    expect(() => check([...chain, crossSigned.certificate], { roots: [stranger.certificate] })).not.toThrow();
  });

  it('checks only the links when there are no roots to look for', () => {
    expect(() => check(chain, { roots: undefined })).not.toThrow();
    expect(() => check([leaf, upper.certificate], { roots: undefined })).toThrow('is not the issuer');
  });

  it.each<readonly [string, () => void, string]>([
    ['an empty chain', () => check([]), 'empty'],
    ['another root', () => check(chain, { roots: [stranger.certificate] }), 'no trusted root'],
    ['no root at all', () => check(chain, { roots: [] }), 'no trusted root'],
    ['a missing intermediate', () => check([leaf, upper.certificate]), 'is not the issuer'],
    ['a missing top', () => check([leaf, lower.certificate]), 'no trusted root'],
    ['a time too early', () => check(chain, { at: new Date('2025-12-31') }), 'not valid before'],
    ['a time too late', () => check(chain, { at: new Date(testNotAfter.getTime() + 1000) }), 'expired'],
    [
      'a name that is not covered',
      () => check(chain, { identifiers: [dns('example.com'), dns('other.com')] }),
      'cover other.com',
    ],
    [
      'a name two labels below a wildcard',
      () => check(chain, { identifiers: [dns('a.b.example.com')] }),
      'does not cover',
    ],
    [
      'an address that is not covered',
      () => check(chain, { identifiers: [{ type: 'ip', value: '192.0.2.1' }] }),
      'does not cover',
    ],
  ])('refuses %s', (_, run, why) => {
    expect(run).toThrow(
      expect.objectContaining({ code: 'rejected-certificate', message: expect.stringContaining(why) }),
    );
  });

  it('refuses a signature by another key of the same name', async () => {
    const imposter: TestIssuer = { ...lower, signer: testSigner('EC256') };
    const forged = await testLeaf(imposter, [dns('example.com')]);
    expect(() => check([forged, lower.certificate, upper.certificate])).toThrow('is not signed by');
  });

  it('refuses an issuer that is no CA, or whose path is too short', async () => {
    const noCa: TestIssuer = { name: [], signer: testSigner('EC256'), certificate: leaf };
    const below = await testLeaf(noCa, [dns('example.com')]);
    expect(() => check([below, ...chain])).toThrow('may not issue');
    const deeper = await testIssuer('Deeper', 'RSA3072', lower);
    const deepLeaf = await testLeaf(deeper, [dns('example.com')]);
    expect(() => check([deepLeaf, deeper.certificate, ...chain.slice(1)])).toThrow('no more than 0 intermediates');
  });

  it('refuses a leaf for other purposes and accepts one without any', async () => {
    const mail = await testLeaf(root, [dns('example.com')], { extendedKeyUsage: ['1.3.6.1.5.5.7.3.4'] });
    expect(() => check([mail])).toThrow('not for TLS servers');
    const any = await testLeaf(root, [dns('example.com')], { extendedKeyUsage: [] });
    expect(() => check([any])).not.toThrow();
  });
});

describe('covering', () => {
  it.each([
    ['example.com', 'example.com', true],
    ['*.example.com', 'www.example.com', true],
    ['*.example.com', '*.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'a.b.example.com', false],
    ['*.example.com', '*.b.example.com', false],
    ['*.example.com', '.example.com', false],
    ['www.example.com', '*.example.com', false],
    ['w*.example.com', 'www.example.com', false],
  ])('%s covers %s: %s', (have, want, answer) => {
    expect(covers(dns(have), dns(want))).toBe(answer);
  });

  it('never mixes names and addresses', () => {
    expect(covers({ type: 'dns', value: '192.0.2.1' }, { type: 'ip', value: '192.0.2.1' })).toBe(false);
    expect(covers({ type: 'ip', value: '192.0.2.1' }, { type: 'ip', value: '192.0.2.1' })).toBe(true);
  });
});

describe('choosing', () => {
  const topIssuedBy = (...names: readonly (string | undefined)[]) =>
    names.map((issuerCommonName) => ({ issuerCommonName }));

  it('looks at the issuer of the top certificate, exactly', () => {
    const chains = [topIssuedBy('X1', 'Root A'), topIssuedBy('Root B', 'Root C'), topIssuedBy('X1', 'Root B'), []];
    expect(chooseChain(chains, 'Root B')).toBe(2);
    expect(chooseChain(chains, 'root b')).toBeUndefined();
    expect(chooseChain(chains, 'X1')).toBeUndefined();
    expect(chooseChain([], 'X1')).toBeUndefined();
  });
});
