/** One look at a certificate's files, and what follows from it. */
import { EversealError } from '../../core/index.ts';
import type { StoredCertificate } from '../../engine/index.ts';
import { type CachedFacts, type CertificateRecord, type FileView, marksOf, versionOf } from '../../store/index.ts';
import type { CertificateFiles } from './layout.ts';

/** The files that say what is stored, in the order of looking: where the first is, the others must be. */
export interface Look<T> {
  readonly json: T;
  readonly crt: T;
  readonly key: T;
  readonly record: T;
}

export function lookOf<T>(found: readonly T[]): Look<T> {
  const [json, crt, key, record] = found;
  if (json === undefined || crt === undefined || key === undefined || record === undefined)
    throw new TypeError('four files');
  return { json, crt, key, record };
}

export function marksOfLook({ json, crt, key }: Look<FileView>): string {
  return marksOf([json.stat, crt.stat, key.stat]);
}

/** What was requested is believed only of the very certificate that it was noted for. */
export function stored(name: string, known: CachedFacts, record: CertificateRecord | undefined): StoredCertificate {
  const { marks, facts, hasKey } = known;
  const ours = record?.facts.fingerprint === facts.fingerprint ? record : undefined;
  return { name, version: versionOf(marks), facts, hasKey, requested: ours?.requested, omitted: ours?.omitted ?? [] };
}

export function missing({ crt, json }: CertificateFiles): EversealError {
  return new EversealError('corrupt', `${crt} is missing, although ${json} is there`, {
    next: 'Restore it from a backup, or remove the .json file: a new certificate is obtained then.',
  });
}

export function conflict(name: string): EversealError {
  return new EversealError('conflict', `The certificate ${name} was changed by another program in between`, {
    next: 'Nothing was written. Run the command again: what is stored now is looked at first.',
  });
}

export function overtaken(name: string): EversealError {
  return new EversealError('stale-lease', `The lock of ${name} was lost before its certificate could be stored`, {
    next: 'Run the command again: what the other process did is looked at first.',
  });
}
