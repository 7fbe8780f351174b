/** From what a face asks for and what is stored to specs, or to the one question that must be answered first. */
import { EversealError, printable } from '../core/index.ts';
import { normaliseIdentifiers } from './identifiers.ts';
import type { CertificateSpec } from './spec.ts';
import type { CertificateStore } from './stores.ts';
import { wantedNames } from './wanted-names.ts';

/** A certificate as a face asks for it: names as people type them. */
export interface CertificateRequest extends Omit<CertificateSpec, 'name' | 'identifiers'> {
  /** The key of its record. Default: its first name, normalised. */
  readonly name?: string;
  /** Host names and addresses as typed. Empty: those that are stored under `name`. */
  readonly names: readonly string[];
  /** What becomes of names that the stored certificate holds beyond those: lego keeps them, others drop them. */
  readonly storedNames: 'keep' | 'drop';
}

/** What is not known and cannot be guessed. A face may ask it of a person and resolve again. */
export interface Question {
  readonly about: 'names';
  /** The record it is about; empty when that is unknown, too. */
  readonly certificate: string;
}

export type Resolution = { readonly specs: readonly CertificateSpec[] } | { readonly question: Question };

/**
 * Normalises the names, joins them with those of the stored certificates, and names the records.
 *
 * @throws EversealError `bad-identifier`; `usage` when two requests have the same record; `corrupt` for a stored certificate
 * that cannot be understood
 *
 * @example
 * ```ts
 * import { resolve, specsOf } from 'everseal/engine';
 * import { nodePorts } from 'everseal/node';
 * import { memoryStores } from 'everseal/store';
 * const { certificates } = memoryStores(nodePorts());
 * const key = { kind: 'generate', algorithm: 'EC256', reuse: false } as const;
 * const renewal = { shortLifetimeMs: 864_000_000, ari: true, ariWaitMs: 0 };
 * const rest = { key, renewal, issuers: [], solvers: [], deadlineMs: 60_000, storedNames: 'drop' } as const;
 * const [spec] = specsOf(await resolve([{ names: ['WWW.Example.com'], ...rest }], certificates));
 * console.log(spec?.name); // www.example.com
 * ```
 */
export async function resolve(
  requests: readonly CertificateRequest[],
  certificates: Pick<CertificateStore, 'load'>,
): Promise<Resolution> {
  const specs: CertificateSpec[] = [];
  for (const request of requests) {
    const resolved = await resolveOne(request, certificates);
    if ('question' in resolved) return resolved;
    specs.push(resolved.spec);
  }
  const twice = specs.find(({ name }, i) => specs.findIndex((other) => other.name === name) < i);
  if (twice === undefined) return { specs };
  throw new EversealError('usage', `Two certificates would be stored under the name "${printable(twice.name, 80)}"`, {
    next: 'Give one of them a name of its own.',
  });
}

async function resolveOne(
  request: CertificateRequest,
  certificates: Pick<CertificateStore, 'load'>,
): Promise<{ readonly spec: CertificateSpec } | { readonly question: Question }> {
  const { names, storedNames, ...rest } = request;
  const asked = await normaliseIdentifiers(names);
  const name = request.name ?? asked[0]?.value ?? '';
  const stored = name === '' ? undefined : await certificates.load(name);
  const held = stored?.facts.identifiers ?? [];
  const recorded = stored?.requested?.identifiers ?? held;
  const identifiers = wantedNames({ asked, held, recorded, exact: storedNames === 'drop' });
  if (identifiers.length === 0) return { question: { about: 'names', certificate: name } };
  return { spec: { ...rest, name, identifiers } };
}

/**
 * The specs, where nobody can be asked.
 *
 * @throws EversealError `usage` for a question
 *
 * @example
 * ```ts
 * import { specsOf } from 'everseal/engine';
 * console.log(specsOf({ specs: [] })); // []
 * ```
 */
export function specsOf(resolution: Resolution): readonly CertificateSpec[] {
  if ('specs' in resolution) return resolution.specs;
  const { certificate } = resolution.question;
  if (certificate === '') {
    throw new EversealError('usage', 'There is no name to get a certificate for', { next: 'Give at least one name.' });
  }
  throw new EversealError('usage', `There is no stored certificate "${printable(certificate, 80)}" to renew`, {
    next: 'Say which names it shall be good for.',
  });
}
