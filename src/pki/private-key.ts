import { createPrivateKey, type KeyObject, sign, verify } from 'node:crypto';
import { EversealError, type Secret, type Signer, signatureHash, softwareKey } from '../core/index.ts';
import { assertUsableKey } from './key-strength.ts';

/** A key file is small; whatever is longer is something else. */
const maximumLength = 1 << 18;

const hints: Readonly<Record<string, string>> = {
  'OPENSSH PRIVATE KEY': 'Convert it first: ssh-keygen -p -m PKCS8 -f FILE.',
  'PUBLIC KEY': 'Give the file with the private key.',
  CERTIFICATE: 'Give the file with the private key.',
  'CERTIFICATE REQUEST': 'Give the file with the private key.',
  'DSA PRIVATE KEY': 'Use an EC P-256 key, or RSA of at least 2048 bits.',
};

/**
 * Reads a private key as people have it: PKCS#1, SEC1, PKCS#8 and encrypted PKCS#8 (also the older PEM encryption), with
 * other blocks such as EC parameters or certificates beside it. It must be usable (see below) and agree with itself.
 *
 * @param passphrase for an encrypted key
 * @throws EversealError `bad-key`: no key, several keys, encrypted and no or a wrong passphrase, damaged, RSA below 2048
 *   bits, a curve or type that no CA takes
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { readPrivateKey } from 'everseal/pki';
 * const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
 * const signer = readPrivateKey(privateKey.export({ type: 'sec1', format: 'pem' }).toString());
 * console.log(signer.algorithm); // EC256
 * ```
 */
export function readPrivateKey(pem: string, passphrase?: Secret): Signer & { readonly pkcs8: Secret } {
  const key = parseKey(privateKeyBlock(pem), passphrase);
  assertUsableKey(key);
  const signer = softwareKey(key);
  if (!agrees(key, signer.publicKey)) throw badKey('its private and its public half do not belong together');
  return signer;
}

function privateKeyBlock(pem: string): string {
  if (pem.length > maximumLength) throw badKey('the text is far too long for a key');
  const labels = [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]{1,64})-----/g)].map((match) => match[1] ?? '');
  const keys = labels.filter((label) => /^(?:(?:RSA|EC|ENCRYPTED) )?PRIVATE KEY$/.test(label));
  const [label] = keys;
  if (label === undefined) throw noKey(labels);
  if (keys.length > 1) throw badKey(`the text holds ${keys.length} of them`, 'Leave only one in the file.');
  const start = pem.indexOf(`-----BEGIN ${label}-----`);
  const endLine = `-----END ${label}-----`;
  const end = pem.indexOf(endLine, start);
  if (end < 0) throw badKey('its last line is missing', 'Copy the whole file again.');
  return `${pem.slice(start, end + endLine.length)}\n`;
}

function noKey(labels: readonly string[]): EversealError {
  const [found] = labels;
  if (found === undefined) {
    return badKey('there is no PEM block in the text', 'Give a file that starts with -----BEGIN PRIVATE KEY-----.');
  }
  const known = labels.find((label) => Object.hasOwn(hints, label));
  return badKey(`the text holds a ${known ?? found}`, known === undefined ? undefined : hints[known]);
}

function parseKey(block: string, passphrase: Secret | undefined): KeyObject {
  const encrypted = /^-----BEGIN ENCRYPTED|^Proc-Type:\s*4,\s*ENCRYPTED/m.test(block);
  if (encrypted && passphrase === undefined) throw badKey('it is encrypted', 'Give its passphrase as well.');
  try {
    return createPrivateKey({
      key: block,
      format: 'pem',
      ...(encrypted && { passphrase: passphrase?.reveal() ?? '' }),
    });
  } catch (cause) {
    if (encrypted) throw badKey('the passphrase does not open it', 'Check the passphrase.', cause);
    throw badKey('it is damaged or of an unknown kind', 'Look at it with: openssl pkey -in FILE -noout -text.', cause);
  }
}

/** A file may carry a public half of another key: what it signs would be refused only by the CA. */
function agrees(privateKey: KeyObject, publicKey: KeyObject): boolean {
  const message = Buffer.from('everseal');
  const hash = signatureHash(publicKey);
  try {
    return verify(hash, message, publicKey, sign(hash, message, privateKey));
  } catch {
    return false;
  }
}

function badKey(why: string, next?: string, cause?: unknown): EversealError {
  return new EversealError('bad-key', `The private key cannot be read: ${why}`, {
    ...(next !== undefined && { next }),
    cause,
  });
}
