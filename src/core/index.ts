/**
 * The vocabulary that everything shares: ports, identifiers, errors, secrets, durable files.
 *
 * @module
 */
export * from './answers.ts';
export * from './backoff.ts';
export * from './batch-error.ts';
export * from './deadline.ts';
export * from './durable-file.ts';
export * from './encoding.ts';
export type * from './environment.ts';
export * from './error.ts';
export * from './events.ts';
export * from './identifier.ts';
export * from './ip-address.ts';
export * from './key-pair.ts';
export * from './nearest.ts';
export * from './next-step.ts';
export * from './ports.ts';
export * from './printable.ts';
export * from './secret.ts';
export * from './semaphore.ts';
export * from './signer.ts';
export * from './tls-advice.ts';
export * from './version.ts';
