import type { KeyObject } from 'node:crypto';
import type { Clock, GeneratedKey, Identifier, Keys, Random, Signer, TlsIdentity } from '../core/index.ts';
import { EversealError } from '../core/index.ts';
import { buildCertificate, type DistinguishedName, keyIdentifier, oids, pemEncode } from '../pki/index.ts';

const dayMs = 24 * 3_600_000;
const rootLifetimeMs = 3650 * dayMs;
const intermediateLifetimeMs = 1825 * dayMs;
/** The longest that Apple's clients accept from a root of one's own is 825 days. */
const tlsLifetimeMs = 800 * dayMs;
/** The CA's own certificates begin a day early, for clients whose clock is behind. */
const backdateMs = dayMs;

export interface EndEntityTemplate {
  readonly commonName: string | undefined;
  readonly identifiers: readonly Identifier[];
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly mustStaple: boolean;
}

export interface EndEntity {
  readonly der: Uint8Array;
  readonly pem: string;
  /** Lower-case hexadecimal of the DER content octets. */
  readonly serial: string;
}

/** The keys and certificates of the CA itself. */
export interface AuthorityMaterial {
  /** The first is the default one; each has certified the same intermediate key. PEM. */
  readonly roots: readonly string[];
  /** One for each root, in the same order. PEM. */
  readonly intermediates: readonly string[];
  /** Who issues: the intermediate. */
  readonly issuer: Party;
  /** What the CA's own server shows. */
  readonly tlsIdentity: TlsIdentity;
}

/** An authority at work. */
export interface Authority extends Omit<AuthorityMaterial, 'issuer'> {
  /** The authority key identifier of what it issues. */
  readonly keyId: Uint8Array;
  issue(template: EndEntityTemplate): Promise<EndEntity>;
}

export interface Party {
  readonly name: DistinguishedName;
  readonly signer: Signer;
  readonly keyId: Uint8Array;
}

function party(commonName: string, signer: Signer): Party {
  return { name: subject(commonName), signer, keyId: keyIdentifier(signer.publicKey) };
}

/**
 * Makes roots, an intermediate, and a TLS certificate for `localhost`, `*.localhost`, loopback and `host`: what a CA that is
 * made anew each time can share with the one before.
 *
 * @example
 * ```ts
 * import { createCa, makeAuthority } from 'everseal/ca';
 * import { nodePorts } from 'everseal/node';
 * const ports = nodePorts();
 * const authority = await makeAuthority(ports, { host: 'ca.test', alternateRoots: 0 });
 * const [one, other] = [await createCa(ports, { authority }), await createCa(ports, { authority })];
 * console.log(one.root === other.root); // true
 * ```
 */
export async function makeAuthority(
  ports: { readonly clock: Clock; readonly keys: Keys; readonly random: Random },
  options: { readonly host: string; readonly alternateRoots: number },
): Promise<AuthorityMaterial> {
  const serials = new Serials(ports.random.fork('ca.authority.serials'));
  const start = new Date(ports.clock.now().getTime() - backdateMs);
  // A tag in the names keeps the roots of two runs apart in one trust store.
  const tag = Buffer.from(ports.random.fork('ca.authority').bytes(3)).toString('hex');
  const intermediate = party(`Everseal Intermediate ${tag}`, await ports.keys.generate('EC256'));
  const roots: string[] = [];
  const intermediates: string[] = [];
  for (let index = 0; index <= options.alternateRoots; index += 1) {
    const label = index === 0 ? 'Everseal Root' : `Everseal Alternate Root ${index}`;
    const root = party(`${label} ${tag}`, await ports.keys.generate('EC256'));
    roots.push(await certifyAuthority(root, root, serials, start, rootLifetimeMs));
    intermediates.push(await certifyAuthority(root, intermediate, serials, start, intermediateLifetimeMs));
  }
  const issue = (template: EndEntityTemplate): Promise<EndEntity> => issueEndEntity(intermediate, serials, template);
  const tlsIdentity = await makeTlsIdentity(
    issue,
    await ports.keys.generate('EC256'),
    intermediates[0] ?? '',
    options.host,
    start,
  );
  return { roots, intermediates, issuer: intermediate, tlsIdentity };
}

/** Puts an authority to work, with serial numbers of its own. */
export function openAuthority(material: AuthorityMaterial, random: Random): Authority {
  const { issuer, ...shown } = material;
  const serials = new Serials(random.fork('ca.serials'));
  return { ...shown, keyId: issuer.keyId, issue: (template) => issueEndEntity(issuer, serials, template) };
}

function subject(commonName: string): DistinguishedName {
  return [
    { type: 'O', value: 'Everseal development' },
    { type: 'CN', value: commonName },
  ];
}

async function certifyAuthority(
  issuer: Party,
  holder: Party,
  serials: Serials,
  notBefore: Date,
  lifetimeMs: number,
): Promise<string> {
  const selfSigned = issuer === holder;
  const der = await buildCertificate({
    subject: holder.name,
    issuer: issuer.name,
    publicKey: holder.signer.publicKey,
    signer: issuer.signer,
    serial: serials.next(),
    notBefore,
    notAfter: new Date(notBefore.getTime() + lifetimeMs),
    extensions: {
      basicConstraints: selfSigned ? { ca: true } : { ca: true, pathLength: 0 },
      keyUsage: selfSigned ? ['keyCertSign', 'cRLSign'] : ['digitalSignature', 'keyCertSign', 'cRLSign'],
      extendedKeyUsage: selfSigned ? [] : [oids.serverAuth, oids.clientAuth],
      subjectKeyId: holder.keyId,
      authorityKeyId: issuer.keyId,
    },
  });
  return pemEncode('CERTIFICATE', der);
}

async function issueEndEntity(issuer: Party, serials: Serials, template: EndEntityTemplate): Promise<EndEntity> {
  const { commonName, publicKey } = template;
  const serial = serials.next();
  const der = await buildCertificate({
    subject: commonName === undefined ? [] : [{ type: 'CN', value: commonName }],
    issuer: issuer.name,
    publicKey,
    signer: issuer.signer,
    serial,
    notBefore: template.notBefore,
    notAfter: template.notAfter,
    extensions: {
      identifiers: template.identifiers,
      basicConstraints: { ca: false },
      keyUsage: publicKey.asymmetricKeyType === 'rsa' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'],
      extendedKeyUsage: [oids.serverAuth],
      subjectKeyId: keyIdentifier(publicKey),
      authorityKeyId: issuer.keyId,
      mustStaple: template.mustStaple,
    },
  });
  return { der, pem: pemEncode('CERTIFICATE', der), serial: derContent(serial) };
}

async function makeTlsIdentity(
  issue: Authority['issue'],
  key: GeneratedKey,
  intermediate: string,
  host: string,
  notBefore: Date,
): Promise<TlsIdentity> {
  if (key.pkcs8 === undefined) throw new EversealError('bad-key', 'The key of the TLS server cannot leave its device');
  const { pem } = await issue({
    commonName: undefined,
    identifiers: tlsIdentifiers(host),
    publicKey: key.publicKey,
    notBefore,
    notAfter: new Date(notBefore.getTime() + tlsLifetimeMs),
    mustStaple: false,
  });
  return { chain: pem + intermediate, key: key.pkcs8 };
}

function tlsIdentifiers(host: string): readonly Identifier[] {
  const always: readonly Identifier[] = [
    { type: 'dns', value: 'localhost' },
    { type: 'dns', value: '*.localhost' },
    { type: 'ip', value: '127.0.0.1' },
    { type: 'ip', value: '::1' },
  ];
  const bare = host.replace(/^\[|\]$/g, '');
  if (always.some(({ value }) => value === bare)) return always;
  const isIp = bare.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(bare);
  return [...always, { type: isIp ? 'ip' : 'dns', value: bare }];
}

/** Serial numbers of 128 random bits (CA/Browser Forum BR §7.1 wants at least 64). */
class Serials {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): Uint8Array {
    const serial = this.#random.bytes(16);
    if (serial[0] === 0) serial[0] = 1;
    return serial;
  }
}

/** An INTEGER's content octets: a zero octet goes before a set first bit (X.690 §8.3). */
function derContent(serial: Uint8Array): string {
  const hex = Buffer.from(serial).toString('hex');
  return (serial[0] ?? 0) > 0x7f ? `00${hex}` : hex;
}
