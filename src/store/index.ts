/**
 * Where things are kept: journal, locks, state, staged commits and the sidecar on files, and all stores in memory.
 * A layout of certificates and accounts on disk is a face's.
 *
 * @module
 */
export type { CachedFacts, CertificateRecord } from './certificate-record.ts';
export { ensureFolder } from './durable-folder.ts';
export { FileJournal } from './file-journal.ts';
export { FileLocks, type FileLocksOptions } from './file-locks.ts';
export { fileNameOf } from './file-name.ts';
export { FileState } from './file-state.ts';
export { memoryStores } from './memory-stores.ts';
export { marksOf, Sidecar, versionOf } from './sidecar.ts';
export { type FileContent, type FileView, StagedCommits } from './staged-commit.ts';
export { type NewFile, StagedSet } from './staged-set.ts';
export { realTarget } from './real-target.ts';
export { StateFolder } from './state-folder.ts';
