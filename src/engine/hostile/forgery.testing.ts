/** Certificates that no honest CA would issue. */
import { generateKeyPairSync } from 'node:crypto';
import { type Identifier, fromUtf8, type Signer, softwareKey } from '../../core/index.ts';
import { type TestIssuer, testIssuer, testSigner } from '../../pki/fixtures/authority.ts';
import {
  buildCertificate,
  type CertificateExtensions,
  keyIdentifier,
  oids,
  pemEncode,
  readCertificate,
  readCsr,
} from '../../pki/index.ts';
import type { Seen } from './row.testing.ts';

export interface Forgery {
  /** Default: that of the signing request. */
  readonly key?: 'another';
  readonly identifiers?: readonly Identifier[];
  readonly commonName?: string;
  /** Milliseconds from now. */
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  readonly ca?: boolean;
  readonly extendedKeyUsage?: readonly string[];
  readonly authorityKeyId?: Uint8Array | undefined;
  /** Content octets, written over those of the certificate: its signature is wrong then. */
  readonly serial?: Uint8Array;
  readonly issuer?: 'expired' | 'weak' | 'rsa' | 'leaf';
  /** Says that it was signed with SHA-1: its signature is wrong then. */
  readonly sha1?: boolean;
  /** Turns each `~` into a NUL. */
  readonly nul?: boolean;
  /** PEM of what follows the leaf. Default: its issuer. */
  readonly chain?: (leaf: string) => Promise<readonly string[]>;
}

const day = 86_400_000;
const builtSerial = Uint8Array.of(0x51, 0x52);

export const root = (): Promise<TestIssuer> => testIssuer('Hostile root', 'EC384');
export const rsaRoot = (): Promise<TestIssuer> => testIssuer('Hostile RSA root', 'RSA2048');

/** A root whose key can be factored by a determined student. */
export async function weakRoot(): Promise<TestIssuer> {
  const signer = softwareKey(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey);
  return ownIssuer('Hostile weak root', signer, { basicConstraints: { ca: true } }, [2026, 2036]);
}

const issuers: Readonly<Record<NonNullable<Forgery['issuer']>, () => Promise<TestIssuer>>> = {
  rsa: rsaRoot,
  weak: weakRoot,
  leaf: () => ownIssuer('Hostile neighbour', testSigner('EC384'), { basicConstraints: { ca: false } }, [2026, 2036]),
  expired: async () =>
    ownIssuer(
      'Hostile old issuer',
      testSigner('EC521'),
      { basicConstraints: { ca: true } },
      [2020, 2025],
      await root(),
    ),
};

/** The PEM of a leaf for the latest signing request, and of its chain. */
export async function forge(seen: Seen, forgery: Forgery): Promise<string> {
  const issuer = await (forgery.issuer === undefined ? root() : issuers[forgery.issuer]());
  const leaf = pemEncode('CERTIFICATE', damage(await buildLeaf(seen, forgery, issuer), forgery));
  const rest = (await forgery.chain?.(leaf)) ?? [issuer.certificate.pem];
  return [leaf, ...rest].join('');
}

function buildLeaf({ csr, town }: Seen, forgery: Forgery, issuer: TestIssuer): Promise<Uint8Array> {
  const { identifiers = [{ type: 'dns', value: 'www.example' }], extendedKeyUsage = [oids.serverAuth] } = forgery;
  const publicKey = forgery.key === 'another' ? testSigner('EC256').publicKey : readCsr(csr).publicKey;
  const authorityKeyId = 'authorityKeyId' in forgery ? forgery.authorityKeyId : keyIdentifier(issuer.signer.publicKey);
  return buildCertificate({
    subject:
      forgery.commonName === undefined
        ? [{ type: 'O', value: 'Hostile' }]
        : [{ type: 'CN', value: forgery.commonName }],
    issuer: issuer.name,
    publicKey,
    signer: issuer.signer,
    serial: builtSerial,
    notBefore: new Date(town.web.now + (forgery.notBeforeMs ?? -day)),
    notAfter: new Date(town.web.now + (forgery.notAfterMs ?? 90 * day)),
    extensions: {
      identifiers,
      extendedKeyUsage,
      ...(authorityKeyId && { authorityKeyId }),
      ...(forgery.ca === true && { basicConstraints: { ca: true } }),
    },
  });
}

function damage(der: Uint8Array, { serial, sha1, nul }: Forgery): Uint8Array {
  let octets: Uint8Array = der;
  if (serial !== undefined) octets = withSerial(octets, serial);
  // sha256WithRSAEncryption and sha1WithRSAEncryption differ in their last octet.
  if (sha1 === true) octets = replaceAll(octets, '2a864886f70d01010b', '2a864886f70d010105');
  if (nul === true) octets = replaceAll(octets, '7e', '00');
  return octets;
}

function replaceAll(octets: Uint8Array, from: string, to: string): Uint8Array {
  return new Uint8Array(Buffer.from(Buffer.from(octets).toString('hex').replaceAll(from, to), 'hex'));
}

/** Both lengths around the serial number are of the long form with two octets (30 82 xx xx). */
function withSerial(der: Uint8Array, serial: Uint8Array): Uint8Array {
  const octets = Buffer.from(der);
  const at = octets.indexOf(Buffer.from([2, builtSerial.length, ...builtSerial]));
  const made = Buffer.concat([
    octets.subarray(0, at),
    Buffer.from([2, serial.length, ...serial]),
    octets.subarray(at + 2 + builtSerial.length),
  ]);
  for (const length of [2, 6])
    made.writeUInt16BE(octets.readUInt16BE(length) + serial.length - builtSerial.length, length);
  return new Uint8Array(made);
}

async function ownIssuer(
  commonName: string,
  signer: Signer,
  extensions: CertificateExtensions,
  [from, to]: readonly [number, number],
  parent?: TestIssuer,
): Promise<TestIssuer> {
  const name = [{ type: 'CN', value: commonName }] as const;
  const der = await buildCertificate({
    subject: name,
    issuer: parent?.name ?? name,
    publicKey: signer.publicKey,
    signer: parent?.signer ?? signer,
    serial: builtSerial,
    notBefore: new Date(Date.UTC(from)),
    notAfter: new Date(Date.UTC(to)),
    extensions,
  });
  return { name, signer, certificate: readCertificate(der) };
}

export function latin(octets: Uint8Array): string {
  return fromUtf8(octets);
}
