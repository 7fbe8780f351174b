/** Certificate signing requests (PKCS#10, RFC 2986). */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { Attributes, CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import {
  Attribute,
  type Extension,
  Extensions,
  id_ce_subjectAltName,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509';
import { EversealError, type Identifier, type Signer } from '../core/index.ts';
import { extension, isMustStaple, mustStapleExtension, oids } from './certificate-extensions.ts';
import { badDer, parseDer, reading, toDer } from './der.ts';
import { buildName, commonNameOf } from './distinguished-name.ts';
import { pemBlocks } from './pem-blocks.ts';
import { buildAlternativeNames, distinct, readAlternativeNames, textIdentifier } from './subject-alternative-name.ts';
import {
  signatureAlgorithmFor,
  signForX509,
  subjectPublicKeyInfo,
  toArrayBuffer,
  verifyX509Signature,
} from './x509-signature.ts';

export interface Csr {
  readonly der: Uint8Array;
  /** The subject alternative names, and the common name when it is not among them (RFC 8555 §7.4). */
  readonly identifiers: readonly Identifier[];
  readonly emails: readonly string[];
  readonly commonName: string | undefined;
  /** RFC 7633. */
  readonly mustStaple: boolean;
  readonly publicKey: KeyObject;
}

/**
 * Builds and signs a request; returns its DER.
 *
 * @param options.commonName at most 64 characters; left out of the subject by default, as public CAs wish
 * @throws EversealError `bad-identifier` when there is no name at all or one cannot be written
 *
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { softwareKey } from 'everseal/core';
 * import { buildCsr, readCsr } from 'everseal/pki';
 * const signer = softwareKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
 * const der = await buildCsr({ signer, identifiers: [{ type: 'dns', value: 'example.com' }] });
 * console.log(readCsr(der).identifiers);
 * ```
 */
export async function buildCsr(options: {
  readonly signer: Signer;
  readonly identifiers: readonly Identifier[];
  readonly emails?: readonly string[];
  readonly commonName?: string;
  readonly mustStaple?: boolean;
}): Promise<Uint8Array> {
  const { signer, identifiers, emails = [], commonName } = options;
  if (identifiers.length + emails.length === 0) {
    throw new EversealError('bad-identifier', 'A signing request needs at least one name');
  }
  const names = toDer(buildAlternativeNames({ identifiers, emails }));
  const extensions = [
    extension({ oid: id_ce_subjectAltName, critical: false, value: names }),
    ...(options.mustStaple === true ? [mustStapleExtension()] : []),
  ];
  const info = new CertificationRequestInfo({
    subject: buildName(commonName === undefined ? [] : [{ type: 'CN', value: commonName }]),
    subjectPKInfo: subjectPublicKeyInfo(signer.publicKey),
    attributes: new Attributes([extensionRequest(extensions)]),
  });
  const request = new CertificationRequest({
    certificationRequestInfo: info,
    signatureAlgorithm: signatureAlgorithmFor(signer.publicKey),
    signature: await signForX509(signer, toDer(info)),
  });
  return toDer(request);
}

function extensionRequest(extensions: readonly Extension[]): Attribute {
  return new Attribute({
    type: oids.extensionRequest,
    values: [toArrayBuffer(toDer(new Extensions([...extensions])))],
  });
}

/**
 * Reads a request, PEM (`CERTIFICATE REQUEST` or `NEW CERTIFICATE REQUEST`) or DER, and checks its signature.
 *
 * @throws EversealError `bad-certificate`
 *
 * @example
 * ```ts
 * import { readCsr } from 'everseal/pki';
 * try {
 *   readCsr('not a request');
 * } catch (error) {
 *   console.log(String(error));
 * }
 * ```
 */
export function readCsr(source: string | Uint8Array): Csr {
  const der = typeof source === 'string' ? derOfPem(source) : source;
  return reading(what, () => csrOf(der));
}

function csrOf(der: Uint8Array): Csr {
  const request = parseDer(der, CertificationRequest, what);
  const info = request.certificationRequestInfo;
  const publicKey = publicKeyOf(info);
  checkSignature(request, publicKey);
  const extensions = requestedExtensions(info);
  const commonName = commonNameOf(info.subject);
  const san = extensions.find(({ extnID }) => extnID === id_ce_subjectAltName);
  const names = readAlternativeNames(san && parseDer(octetsOf(san), SubjectAlternativeName, `${what}'s names`));
  return {
    der,
    identifiers: distinct([...names.identifiers, ...(commonName === undefined ? [] : [textIdentifier(commonName)])]),
    emails: names.emails,
    commonName,
    mustStaple: extensions.some((one) => isMustStaple(one.extnID, octetsOf(one))),
    publicKey,
  };
}

const what = 'signing request';

function derOfPem(pem: string): Uint8Array {
  const requests = pemBlocks(pem).filter(({ label }) => /^(?:NEW )?CERTIFICATE REQUEST$/.test(label));
  const [request] = requests;
  if (request === undefined || requests.length > 1) throw badDer(what, `the text holds ${requests.length} of them`);
  return request.der;
}

function publicKeyOf(info: CertificationRequestInfo): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(toDer(info.subjectPKInfo)), format: 'der', type: 'spki' });
  } catch (cause) {
    throw badDer(what, 'its public key cannot be used', cause);
  }
}

function checkSignature(request: CertificationRequest, publicKey: KeyObject): void {
  const { signatureAlgorithm, signature, certificationRequestInfoRaw } = request;
  const valid = verifyX509Signature({
    algorithm: signatureAlgorithm.algorithm,
    data: new Uint8Array(certificationRequestInfoRaw ?? toDer(request.certificationRequestInfo)),
    signature: new Uint8Array(signature),
    publicKey,
  });
  if (!valid) throw badDer(what, 'its signature is not by its own key');
}

function requestedExtensions(info: CertificationRequestInfo): readonly Extension[] {
  const requests = [...(info.attributes ?? [])].filter(({ type }) => type === oids.extensionRequest);
  const values = requests.flatMap((attribute) => attribute.values);
  const [value] = values;
  if (value === undefined) return [];
  if (values.length > 1) throw badDer(what, 'it asks for extensions twice');
  const extensions = [...parseDer(new Uint8Array(value), Extensions, `${what}'s extensions`)];
  if (new Set(extensions.map(({ extnID }) => extnID)).size !== extensions.length) {
    throw badDer(what, 'it has an extension twice');
  }
  return extensions;
}

function octetsOf({ extnValue }: Extension): Uint8Array {
  return new Uint8Array(extnValue.buffer);
}
