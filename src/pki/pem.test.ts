import { beforeAll, describe, expect, it } from 'vitest';
import type { Certificate } from './certificate.ts';
import { testIssuer, testLeaf } from './fixtures/authority.ts';
import { keyFixtures } from './fixtures/keys.ts';
import { pemEncode, readCertificateChain } from './pem.ts';

let leaf: Certificate;
let chain: readonly Certificate[];

beforeAll(async () => {
  const root = await testIssuer('Root', 'EC384');
  const lower = await testIssuer('Lower', 'EC521', root);
  leaf = await testLeaf(lower, [{ type: 'dns', value: 'example.com' }]);
  chain = [leaf, lower.certificate, root.certificate];
});

describe('reading a chain', () => {
  it('keeps the order, with CRLF, spaces and no last line feed too', () => {
    const text = chain.map(({ pem }) => pem).join('\n');
    for (const form of [text, text.replaceAll('\n', '\r\n'), text.replaceAll('\n', ' \n'), text.trimEnd()]) {
      expect(readCertificateChain(form).map(({ fingerprint }) => fingerprint)).toEqual(
        chain.map((one) => one.fingerprint),
      );
    }
  });

  it.each([
    ['a private key after it', () => leaf.pem + keyFixtures.EC256],
    ['a private key before it', () => keyFixtures.EC256 + leaf.pem],
    ['an indented private key', () => leaf.pem + keyFixtures.EC256.replaceAll('-----BEGIN', ' -----BEGIN')],
    ['a note', () => `subject=/CN=x\n${leaf.pem}`],
    ['a BOM', () => `\uFEFF${leaf.pem}`],
    ['only HTML', () => '<html></html>'],
    ['nothing', () => ''],
    ['21 certificates', () => leaf.pem.repeat(21)],
    ['a certificate that is none', () => pemEncode('CERTIFICATE', Uint8Array.of(48, 0))],
    ['a block that is not closed', () => leaf.pem + leaf.pem.slice(0, 90)],
  ])('refuses one with %s', (_, text) => {
    expect(() => readCertificateChain(text())).toThrow(expect.objectContaining({ code: 'bad-certificate' }));
  });
});
