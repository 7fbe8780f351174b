/**
 * Keys, signatures and certificates: JWK and JWS for ACME, signing requests, certificates read and built, chains.
 * Everything is pure: no file, no network, no clock.
 *
 * @module
 */
export { certId } from './cert-id.ts';
export { type Certificate, readCertificate } from './certificate.ts';
export { buildCertificate, type CertificateOptions } from './certificate-builder.ts';
export { type CertificateExtensions, keyIdentifier, type KeyUsageName, oids } from './certificate-extensions.ts';
export { chooseChain, covers, orderChain, verifyChain } from './chain.ts';
export { buildCsr, type Csr, readCsr } from './csr.ts';
export type { DistinguishedName, NameAttribute } from './distinguished-name.ts';
export { type Jwk, jwkThumbprint, keyFromJwk, publicJwk } from './jwk.ts';
export {
  type FlattenedJws,
  type JwsAlgorithm,
  type JwsHeader,
  jwsAlgorithm,
  type MacAlgorithm,
  macJws,
  type ParsedJws,
  parseFlattenedJws,
  readMacKey,
  signJws,
  verifyJws,
  verifyMacJws,
} from './jws.ts';
export {
  dns01Value,
  dnsAccount01Label,
  dnsPersist01Hash,
  keyAuthorization,
  tlsAlpn01Digest,
} from './key-authorization.ts';
export { type PemBlock, pemBlocks, pemEncode, readCertificateChain } from './pem.ts';
export { readPrivateKey } from './private-key.ts';
export { isWeakSignature } from './x509-signature.ts';
