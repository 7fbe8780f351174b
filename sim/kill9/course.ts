/** What can be seen of a story from outside: in both worlds the same. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { EversealEvent } from '../../src/core/index.ts';
import type { CertificateMaterial } from '../../src/engine/index.ts';
import { type Hands, mainName } from './story.ts';
import { plainPath, type Setting } from './steps.ts';

/** What was counted at the CA. */
export interface CaCounts {
  readonly accounts: number;
  readonly orders: number;
  readonly certificates: number;
}

export interface Course {
  /** What each process told, the killed one first: whether an order was placed or resumed, for one. */
  readonly told: readonly (readonly string[])[];
  /** At the CA when the last process had ended. */
  readonly ca: CaCounts;
  /** Files when the first process was dead. */
  readonly filesLeft: readonly string[];
  /** Files in the end. */
  readonly files: readonly string[];
  /** Subjects that are in the journal in the end. */
  readonly unfinished: readonly string[];
  /** Whether the certificate in the end belongs to its key; undefined when there is none. */
  readonly keyFits: boolean | undefined;
}

/** Events of which there are more or fewer as time goes by. */
const timely: readonly EversealEvent['type'][] = ['acme.request', 'waiting'];

export function isTelling(type: string): boolean {
  return !timely.some((other) => other === type);
}

export function caCounts({ accounts, orders, certificates }: CaCounts): CaCounts {
  return { accounts, orders, certificates };
}

/** Sorted, so that the order in which a disk lists does not matter. */
export function plainFiles(setting: Setting, paths: readonly string[]): readonly string[] {
  return paths.map((path) => plainPath(setting, path)).sort();
}

/** What a last process finds. */
export async function witness({ stores }: Hands): Promise<Pick<Course, 'unfinished' | 'keyFits'>> {
  const material = await stores.certificates.read(mainName);
  const unfinished = await stores.journal.unfinished();
  return {
    unfinished: unfinished.map(({ subject }) => subject),
    keyFits: material && fits(material),
  };
}

function fits({ chain, key }: CertificateMaterial): boolean {
  return key !== undefined && new X509Certificate(chain).checkPrivateKey(createPrivateKey(key.reveal()));
}
