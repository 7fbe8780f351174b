/**
 * everseal as a library: get a certificate, run a CA in a test. Each part can be used on its own, too, by its own entry
 * point (`everseal/acme`, `everseal/ca`, …).
 *
 * @module
 */
export { type HttpListenerOptions, httpListenerSolver, type Solver } from '../challenges/index.ts';
export {
  type ErrorCode,
  EversealError,
  type EversealEvent,
  type EventSink,
  hasCode,
  type Identifier,
  type KeyAlgorithm,
  keyAlgorithms,
  MemoryAnswers,
  type Ports,
  Secret,
  type Signer,
} from '../core/index.ts';
export type { ExternalAccount, Stores } from '../engine/index.ts';
export { legoStores, type LegoStoresOptions } from '../faces/lego/stores.ts';
export { nodePorts, type NodePortsOptions } from '../node/index.ts';
export { memoryStores } from '../store/index.ts';
export { obtain, type ObtainedCertificate, type ObtainOptions } from './obtain.ts';
export { type RunningCa, startCa, type StartCaOptions } from './start-ca.ts';
