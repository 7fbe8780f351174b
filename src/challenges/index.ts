/**
 * Solvers: what makes a challenge answerable.
 *
 * @module
 */
export { type AnswersSolverOptions, answersSolver } from './answers-solver.ts';
export { dnsChallengeName, dnsSolver, type DnsSolverOptions } from './dns-01.ts';
export { type HostMatch, isHostOf, requestedHost } from './host-match.ts';
export { answerHttpChallenge, type HttpListenerOptions, httpListenerSolver } from './http-01-listener.ts';
export {
  checkPersistRecords,
  type PersistCheck,
  type PersistChoices,
  type PersistPlanOptions,
  persistRecordLine,
  persistRecords,
  type WantedPersistRecord,
} from './persist-plan.ts';
export {
  formatPersistRecord,
  judgePersistRecord,
  type PersistReading,
  type PersistRecord,
  type PersistVerdict,
  type PersistWish,
  readPersistRecord,
} from './persist-record.ts';
export { dnsPersistSolver, type DnsPersistSolverOptions } from './dns-persist-01.ts';
export type { PersistAccount } from './persist-terms.ts';
export * from './preflight/index.ts';
export type * from './solver.ts';
export { acmeTlsProtocol, challengeServerName, tlsAlpnCertificate } from './tls-alpn-01-certificate.ts';
export { type TlsAlpnListenerOptions, tlsAlpnListenerSolver } from './tls-alpn-01-listener.ts';
export { type Webroot, type WebrootOptions, webrootSolver } from './webroot.ts';
