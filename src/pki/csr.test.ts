import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCode, type Identifier, keyAlgorithms, sameIdentifiers, formatIpAddress } from '../core/index.ts';
import { buildCsr, type Csr, readCsr } from './csr.ts';
import { testSigner } from './fixtures/authority.ts';
import { pemEncode } from './pem-blocks.ts';

const example: Identifier = { type: 'dns', value: 'example.com' };
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
const dns = fc
  .tuple(fc.boolean(), fc.array(label, { minLength: 2, maxLength: 4 }))
  .map(([wild, labels]): Identifier => ({ type: 'dns', value: `${wild ? '*.' : ''}${labels.join('.')}.test` }));
const ip = fc
  .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map((octets): Identifier => ({ type: 'ip', value: formatIpAddress(octets) }));

describe('a signing request', () => {
  it.each(keyAlgorithms)('by %s is read back with a good signature', async (algorithm) => {
    const signer = testSigner(algorithm);
    const csr = readCsr(await buildCsr({ signer, identifiers: [example] }));
    expect(csr.publicKey.equals(signer.publicKey)).toBe(true);
    expect(csr).toMatchObject({ identifiers: [example], emails: [], commonName: undefined, mustStaple: false });
  });

  it('round trip: whatever is asked for is read', async () => {
    const signer = testSigner('EC256');
    const options = fc.record({
      identifiers: fc.array(fc.oneof(dns, ip), { minLength: 1, maxLength: 20 }),
      emails: fc.array(
        label.map((name) => `${name}@example.com`),
        { maxLength: 3 },
      ),
      mustStaple: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(options, async (wanted) => {
        const csr = readCsr(await buildCsr({ signer, ...wanted }));
        expect(sameIdentifiers(csr.identifiers, wanted.identifiers)).toBe(true);
        expect(csr).toMatchObject({ emails: wanted.emails, mustStaple: wanted.mustStaple, commonName: undefined });
      }),
      { numRuns: 50 },
    );
  });

  it('has a common name when asked, which counts as a name', async () => {
    const signer = testSigner('EC256');
    const csr = readCsr(await buildCsr({ signer, identifiers: [example], commonName: 'Other.example' }));
    expect(csr.commonName).toBe('Other.example');
    expect(csr.identifiers).toEqual([example, { type: 'dns', value: 'other.example' }]);
    const same = readCsr(await buildCsr({ signer, identifiers: [example], commonName: 'example.com' }));
    expect(same.identifiers).toEqual([example]);
  });

  it.each([
    ['no name', { identifiers: [] }],
    ['a long common name', { identifiers: [example], commonName: `${'a'.repeat(60)}.test` }],
    ['a name outside ASCII', { identifiers: [{ type: 'dns', value: 'bücher.example' }] }],
    ['a broken address', { identifiers: [{ type: 'ip', value: '1.2.3' }] }],
  ] as const)('is not built with %s', async (_, options) => {
    await expect(buildCsr({ signer: testSigner('EC256'), ...options })).rejects.toMatchObject({
      code: 'bad-identifier',
    });
  });

  it('is read from PEM by both labels, and only when it is the only one', async () => {
    const der = await buildCsr({ signer: testSigner('EC256'), identifiers: [example] });
    for (const name of ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']) {
      expect(readCsr(pemEncode(name, der)).identifiers).toEqual([example]);
    }
    const pem = pemEncode('CERTIFICATE REQUEST', der);
    for (const text of ['', pem + pem, pemEncode('CERTIFICATE', der)]) {
      expect(() => readCsr(text)).toThrow(expect.objectContaining({ code: 'bad-certificate' }));
    }
  });

  it('with an octet changed is refused, or still says what was signed', async () => {
    const der = await buildCsr({ signer: testSigner('Ed25519'), identifiers: [example], mustStaple: true });
    const signedOctets = 3 + (der[4] ?? 0) + 2;
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const read = reader(der.map((octet, i) => (i === at ? octet ^ change : octet)));
        if (at < signedOctets) expect(read).toThrow(expect.objectContaining({ code: 'bad-certificate' }));
        const csr = outcome(read);
        if (csr !== undefined) expect(csr).toMatchObject({ identifiers: [example], mustStaple: true });
      }),
      { numRuns: 500 },
    );
  });

  it('of any octets ends in bad-certificate', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        expect(outcome(reader(octets))).toBeUndefined();
      }),
    );
  });
});

function reader(octets: Uint8Array): () => Csr {
  return () => readCsr(octets);
}

/** What was read, or undefined for the one error that is allowed. */
function outcome(read: () => Csr): Csr | undefined {
  try {
    return read();
  } catch (error) {
    if (hasCode(error, 'bad-certificate')) return undefined;
    throw error;
  }
}
