import { execFileSync } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Identifier, type KeyAlgorithm, keyAlgorithms, Secret } from '../src/core/index.ts';
import { testIssuer, testLeaf, testNow, testSigner } from '../src/pki/fixtures/authority.ts';
import { fixturePassphrase, keyFixtures } from '../src/pki/fixtures/keys.ts';
import { buildCsr, pemEncode, readCertificate, readCsr, readPrivateKey, verifyChain } from '../src/pki/index.ts';
import { type TemporaryFolder, temporaryFolder } from './harness/folder.ts';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** What the openssl program says, both streams; a failure throws with its text. */
function openssl(...args: readonly string[]): string {
  return execFileSync('openssl', [...args], { encoding: 'utf8', cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] });
}

function put(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

const names: readonly Identifier[] = [
  { type: 'dns', value: 'example.com' },
  { type: 'dns', value: '*.example.com' },
  { type: 'ip', value: '192.0.2.1' },
  { type: 'ip', value: '2001:db8::1' },
];
const at = String(testNow.getTime() / 1000);

describe.each(keyAlgorithms)('openssl and a key of %s', (algorithm: KeyAlgorithm) => {
  it('agree about its public half and its PKCS#8 form', () => {
    const file = put('key.pem', readPrivateKey(keyFixtures[algorithm]).pkcs8.reveal());
    openssl('pkey', '-in', file, '-check', '-noout');
    const spki = testSigner(algorithm).publicKey.export({ type: 'spki', format: 'pem' });
    expect(openssl('pkey', '-in', file, '-pubout')).toBe(spki);
  });

  it('encrypted by openssl, it is read with the passphrase only', () => {
    const file = put('key.pem', keyFixtures[algorithm]);
    for (const kind of [['-v2', 'aes-256-cbc'], ['-scrypt'], ['-v2', 'des3']]) {
      openssl(
        'pkcs8',
        '-topk8',
        '-in',
        file,
        '-out',
        'encrypted.pem',
        '-passout',
        `pass:${fixturePassphrase}`,
        ...kind,
      );
      const pem = readFileSync(join(folder.path, 'encrypted.pem'), 'utf8');
      expect(readPrivateKey(pem, new Secret(fixturePassphrase)).algorithm).toBe(algorithm);
      expect(() => readPrivateKey(pem)).toThrow('it is encrypted');
      expect(() => readPrivateKey(pem, new Secret('wrong'))).toThrow('does not open it');
    }
  });

  it('agree about a signing request of ours', async () => {
    const signer = testSigner(algorithm);
    const der = await buildCsr({
      signer,
      identifiers: names,
      emails: ['a@example.com'],
      commonName: 'example.com',
      mustStaple: true,
    });
    const file = put('request.pem', pemEncode('CERTIFICATE REQUEST', der));
    openssl('req', '-in', file, '-verify', '-noout');
    const text = openssl('req', '-in', file, '-noout', '-text');
    expect(text).toContain('DNS:example.com, DNS:*.example.com, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1');
    expect(text).toContain('email:a@example.com');
    expect(text).toContain('status_request');
  });

  it('agree about a signing request of openssl’s', () => {
    const key = put('key.pem', keyFixtures[algorithm]);
    const san = 'subjectAltName=DNS:Example.com,IP:2001:db8:0::1,email:a@example.com';
    openssl(
      'req',
      '-new',
      '-key',
      key,
      '-subj',
      '/C=DE/CN=www.example.com',
      '-addext',
      san,
      '-addext',
      'tlsfeature=status_request',
      '-out',
      'r.pem',
    );
    const csr = readCsr(readFileSync(join(folder.path, 'r.pem'), 'utf8'));
    expect(csr).toMatchObject({ commonName: 'www.example.com', emails: ['a@example.com'], mustStaple: true });
    expect(csr.identifiers).toEqual([
      { type: 'dns', value: 'example.com' },
      { type: 'ip', value: '2001:db8::1' },
      { type: 'dns', value: 'www.example.com' },
    ]);
  });

  it('agree about a chain of ours', async () => {
    const root = await testIssuer('Root, "of" all', algorithm);
    const intermediate = await testIssuer('Intermediate', algorithm === 'EC384' ? 'EC521' : 'EC384', root, 0);
    const leaf = await testLeaf(intermediate, names, {
      crlUrls: ['http://ca.test/crl'],
      ocspUrls: ['http://ca.test/ocsp'],
      mustStaple: true,
    });
    const files = [root, intermediate].map(({ certificate }, index) => put(`${index}.pem`, certificate.pem));
    const args = [
      '-CAfile',
      files[0] ?? '',
      '-untrusted',
      files[1] ?? '',
      '-attime',
      at,
      '-x509_strict',
      '-purpose',
      'sslserver',
    ];
    expect(openssl('verify', ...args, '-verify_hostname', 'www.example.com', put('leaf.pem', leaf.pem))).toContain(
      'OK',
    );
    const subject = openssl('x509', '-in', files[0] ?? '', '-noout', '-subject', '-nameopt', 'RFC2253,-esc_msb');
    expect(subject.trim()).toBe(`subject=${root.certificate.subject}`);
  });

  it('agree about a self-signed certificate of openssl’s', () => {
    const key = put('key.pem', keyFixtures[algorithm]);
    openssl(
      'req',
      '-x509',
      '-key',
      key,
      '-subj',
      '/O=Test/CN=example.com',
      '-days',
      '30',
      '-set_serial',
      '0x87654321',
      '-out',
      'c.pem',
    );
    const certificate = readCertificate(readFileSync(join(folder.path, 'c.pem'), 'utf8'));
    expect(certificate).toMatchObject({
      subject: 'CN=example.com,O=Test',
      serial: '0087654321',
      keyAlgorithm: algorithm,
      isCa: true,
    });
    expect(() => verifyChain([certificate], { roots: [certificate], at: certificate.notBefore })).not.toThrow();
  });
});

describe('openssl', () => {
  it.each([
    ['RSA', ['genrsa', '-traditional', '-out', 'k.pem', '2048'], 'RSA2048'],
    ['EC with parameters', ['ecparam', '-name', 'secp384r1', '-genkey', '-out', 'k.pem'], 'EC384'],
    ['Ed25519', ['genpkey', '-algorithm', 'ed25519', '-out', 'k.pem'], 'Ed25519'],
  ] as const)('makes a key of the kind %s that is read', (_, args, algorithm) => {
    openssl(...args);
    const pem = readFileSync(join(folder.path, 'k.pem'), 'utf8');
    const key = readPrivateKey(pem);
    expect(key.algorithm).toBe(algorithm);
    expect(key.publicKey.equals(createPublicKey(pem.slice(pem.lastIndexOf('-----BEGIN'))))).toBe(true);
  });

  it('and Node agree with us about every root that Node ships', () => {
    expect(rootCertificates.length).toBeGreaterThan(100);
    for (const pem of rootCertificates) {
      const ours = readCertificate(pem);
      const node = new X509Certificate(pem);
      expect(ours.fingerprint).toBe(node.fingerprint256.replaceAll(':', '').toLowerCase());
      expect(ours.serial.replace(/^0+/, '')).toBe(node.serialNumber.toLowerCase().replace(/^0+/, ''));
      expect(ours.notBefore).toEqual(new Date(node.validFrom));
      expect(ours.notAfter).toEqual(new Date(node.validTo));
      expect(ours.isCa).toBe(node.ca);
      expect(ours.publicKey.equals(node.publicKey)).toBe(true);
    }
  });
});
