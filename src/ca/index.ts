/**
 * An ACME certificate authority as one function from request to response, for development and tests: it really
 * validates, and every limit, window and delay can be set.
 *
 * @module
 */
export { type AuthorityMaterial, makeAuthority } from './authority.ts';
export { type Ca, type CaStats, createCa } from './ca.ts';
export { type ChallengeType, challengeTypes } from './challenge-types.ts';
export type { CaPorts } from './context.ts';
export type { CaResolver } from './dns-lookups.ts';
export type { CaOptions, ValidationOptions } from './options.ts';
export { type PersistDraft, persistDrafts } from './persist-draft.ts';
export { defaultProfiles, type Profile } from './profiles.ts';
export type { Revocation } from './records.ts';
export type { RenewalInfoScript } from './renewal-info.ts';
export { serveCa } from './serve.ts';
