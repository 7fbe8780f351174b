/**
 * lego v5's dialect: its tree on disk, its flags, its servers.
 *
 * @module
 */
export { LegoAccountStore } from './account-store.ts';
export type { LegoOrigin } from './certificate-file.ts';
export { LegoCertificateStore } from './certificate-store.ts';
export { fileBaseOf } from './file-base.ts';
export { LegoLayout } from './layout.ts';
export { type LegoStoresOptions, legoStores } from './stores.ts';
