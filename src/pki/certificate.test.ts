import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCode, type Identifier, keyAlgorithms } from '../core/index.ts';
import { certId } from './cert-id.ts';
import { readCertificate } from './certificate.ts';
import { buildCertificate } from './certificate-builder.ts';
import { keyIdentifier, oids } from './certificate-extensions.ts';
import { testIssuer, testLeaf, testNotAfter, testNotBefore, testSigner } from './fixtures/authority.ts';
import { pemEncode } from './pem-blocks.ts';

const names: readonly Identifier[] = [
  { type: 'dns', value: '*.example.com' },
  { type: 'ip', value: '2001:db8::1' },
  { type: 'ip', value: '192.0.2.1' },
];

describe('a certificate that was built', () => {
  it.each(keyAlgorithms)('by %s is read as it was meant', async (algorithm) => {
    const root = await testIssuer('Test Root', algorithm);
    const leaf = await testLeaf(root, names, {
      emails: ['a@example.com'],
      mustStaple: true,
      acmeIdentifier: new Uint8Array(32).fill(9),
      crlUrls: ['http://ca.test/crl'],
      ocspUrls: ['http://ca.test/ocsp'],
      issuerUrls: ['http://ca.test/issuer'],
      policies: ['2.23.140.1.2.1'],
      basicConstraints: { ca: false },
    });
    expect(leaf).toMatchObject({
      identifiers: names,
      emails: ['a@example.com'],
      commonName: undefined,
      subject: '',
      issuer: 'CN=Test Root',
      issuerCommonName: 'Test Root',
      notBefore: testNotBefore,
      notAfter: testNotAfter,
      serial: '0087654321',
      keyAlgorithm: 'EC256',
      isCa: false,
      mayIssue: false,
      mustStaple: true,
      extendedKeyUsage: [oids.serverAuth],
    });
    expect(leaf.authorityKeyId).toEqual(root.certificate.subjectKeyId);
    expect(leaf.extensions.get(oids.acmeIdentifier)).toEqual({
      critical: true,
      value: Uint8Array.from([0x04, 32, ...new Uint8Array(32).fill(9)]),
    });
    expect(leaf.extensions.get('2.5.29.17')?.critical).toBe(true);
    expect(root.certificate).toMatchObject({
      isCa: true,
      mayIssue: true,
      keyAlgorithm: algorithm,
      subject: 'CN=Test Root',
    });
  });

  it.each(keyAlgorithms)('by %s is signed so that Node agrees', async (algorithm) => {
    const root = await testIssuer('Test Root', algorithm);
    const leaf = await testLeaf(root, names);
    const node = new X509Certificate(leaf.der);
    expect(node.verify(root.signer.publicKey)).toBe(true);
    expect(node.checkIssued(new X509Certificate(root.certificate.der))).toBe(true);
    expect(node.checkHost('www.example.com')).toBe('*.example.com');
    expect(node.checkIP('2001:db8::1')).toBe('2001:db8::1');
    expect(node.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(leaf.fingerprint);
    expect(node.keyUsage).toEqual([oids.serverAuth]);
  });

  it('round trip: serial number, validity and names', async () => {
    const signer = testSigner('EC256');
    const seconds = fc.integer({ min: -631_152_000, max: 253_402_300_799 });
    const serial = fc
      .uint8Array({ minLength: 1, maxLength: 20 })
      .filter((octets) => octets.some((octet) => octet !== 0));
    await fc.assert(
      fc.asyncProperty(serial, seconds, seconds, async (octets, from, to) => {
        const notBefore = new Date(from * 1000);
        const notAfter = new Date(to * 1000);
        const issuer = [{ type: 'CN', value: 'x' }] as const;
        const options = { issuer, publicKey: signer.publicKey, signer, serial: octets, notBefore, notAfter };
        const read = readCertificate(await buildCertificate({ ...options, subject: issuer }));
        expect(BigInt(`0x${read.serial}`)).toBe(BigInt(`0x${Buffer.from(octets).toString('hex')}`));
        expect(read.serial).not.toMatch(/^(?:[89a-f]|00[0-7])./);
        expect([read.notBefore, read.notAfter]).toEqual([notBefore, notAfter]);
      }),
      { numRuns: 60 },
    );
  });

  it('has a serial number that is positive and short enough', async () => {
    const signer = testSigner('EC256');
    for (const serial of [new Uint8Array(3), new Uint8Array(21).fill(1), new Uint8Array(0)]) {
      const options = { subject: [], issuer: [], publicKey: signer.publicKey, signer, serial };
      await expect(buildCertificate({ ...options, notBefore: testNotBefore, notAfter: testNotAfter })).rejects.toThrow(
        TypeError,
      );
    }
  });

  it('takes the issuer’s name as it stands in its certificate', async () => {
    const root = await testIssuer('Test Root', 'EC256');
    const signer = testSigner('EC384');
    const der = await buildCertificate({
      subject: [{ type: 'CN', value: 'Example.COM' }],
      issuer: root.certificate.subjectDer,
      publicKey: signer.publicKey,
      signer: root.signer,
      serial: Uint8Array.of(1),
      notBefore: testNotBefore,
      notAfter: testNotAfter,
    });
    expect(readCertificate(der)).toMatchObject({
      issuer: 'CN=Test Root',
      identifiers: [{ type: 'dns', value: 'example.com' }],
      authorityKeyId: undefined,
    });
  });

  it('has a key identifier by RFC 7093, stable for a key', () => {
    const { publicKey } = testSigner('EC256');
    expect(keyIdentifier(publicKey)).toEqual(keyIdentifier(publicKey));
    expect(keyIdentifier(publicKey)).toHaveLength(20);
  });
});

describe('reading', () => {
  it('takes PEM and DER, the first certificate of several', async () => {
    const root = await testIssuer('Root A', 'EC256');
    const other = await testIssuer('Root B', 'EC384');
    expect(readCertificate(root.certificate.pem).fingerprint).toBe(root.certificate.fingerprint);
    expect(readCertificate(root.certificate.pem + other.certificate.pem).subject).toBe('CN=Root A');
  });

  it.each([
    ['nothing', ''],
    ['another block', pemEncode('PRIVATE KEY', Uint8Array.of(48, 0))],
    ['an empty structure', Uint8Array.of(48, 0)],
    ['no octets', new Uint8Array(0)],
    ['an indefinite length', Uint8Array.of(0x30, 0x80, 0, 0)],
    ['a length beyond its end', Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff)],
    ['a thousand levels', nested(1000)],
    ['far too much', new Uint8Array(1 << 19)],
  ])('refuses %s', (_, source) => {
    expect(() => readCertificate(source)).toThrow(expect.objectContaining({ code: 'bad-certificate' }));
  });

  it('refuses what follows the certificate', async () => {
    const { certificate } = await testIssuer('Root', 'EC256');
    const longer = Uint8Array.from([...certificate.der, 0]);
    expect(() => readCertificate(longer)).toThrow('its length is not what its first octets say');
  });

  it('of a damaged certificate ends in a certificate or bad-certificate', async () => {
    const { der } = await testLeaf(await testIssuer('Root', 'EC256'), names, { mustStaple: true, policies: ['1.2.3'] });
    const edit = fc.tuple(fc.nat(der.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const changes = new Map(edits);
        try {
          readCertificate(der.map((octet, i) => changes.get(i) ?? octet));
        } catch (error) {
          if (!hasCode(error, 'bad-certificate')) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the ARI identifier', () => {
  it('is that of RFC 9773 §4.1', () => {
    const authorityKeyId = new Uint8Array(Buffer.from('69885B6B87464041E1B37B847BA0AE2CDE01C8D4', 'hex'));
    expect(certId({ authorityKeyId, serial: '0087654321' })).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
  });

  it('is that of a certificate with this serial and this authority key', async () => {
    const authorityKeyId = new Uint8Array(Buffer.from('69885B6B87464041E1B37B847BA0AE2CDE01C8D4', 'hex'));
    const leaf = await testLeaf(await testIssuer('Root', 'EC256'), names, { authorityKeyId });
    expect(certId(leaf)).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
  });

  it('does not exist without an authority key identifier', () => {
    expect(certId({ authorityKeyId: undefined, serial: '01' })).toBeUndefined();
  });
});

function nested(depth: number): Uint8Array {
  let inner: readonly number[] = [];
  for (let level = 0; level < depth; level++) {
    const length = inner.length;
    inner = [0x30, ...(length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff]), ...inner];
  }
  return Uint8Array.from(inner);
}
