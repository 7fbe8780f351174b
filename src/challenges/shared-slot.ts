import { BatchError, type BatchFailure, EversealError, type Identifier } from '../core/index.ts';
import type { ChallengeIntent } from './solver.ts';

/**
 * Before anything is written by a provider that keeps one value at a name: each value after the first would push out the one
 * before.
 *
 * @throws BatchError `unsupported` for every intent whose record name has another value already
 */
export function refuseSharedSlots(batch: readonly ChallengeIntent[], provider: string): void {
  const firsts = new Map<string, ChallengeIntent>();
  const failures: BatchFailure[] = [];
  batch.forEach((intent, index) => {
    const name = intent.record?.name ?? '';
    const first = firsts.get(name) ?? intent;
    firsts.set(name, first);
    if (first.record?.value !== intent.record?.value)
      failures.push({ index, error: sharedSlot(name, [first, intent], provider) });
  });
  if (failures.length > 0) throw new BatchError(failures);
}

/**
 * The same by the names alone, before there are any records. Where CNAMEs lead is not known yet.
 *
 * @throws BatchError `unsupported` for the later of a name and its wildcard
 */
export function refuseApexWithWildcard(
  names: readonly { readonly identifier: Identifier; readonly wildcard: boolean }[],
  options: { readonly provider: string; readonly recordName: (domain: string) => string },
): void {
  const failures = names.flatMap((name, index): BatchFailure[] => {
    const first = names.slice(0, index).find(({ identifier }) => identifier.value === name.identifier.value);
    if (first === undefined) return [];
    return [{ index, error: sharedSlot(options.recordName(name.identifier.value), [first, name], options.provider) }];
  });
  if (failures.length > 0) throw new BatchError(failures);
}

function sharedSlot(
  name: string,
  both: readonly Pick<ChallengeIntent, 'identifier' | 'wildcard'>[],
  provider: string,
): EversealError {
  const [first, second] = both.map(({ identifier, wildcard }) => `${wildcard ? '*.' : ''}${identifier.value}`);
  return new EversealError(
    'unsupported',
    `${first} and ${second} need two values at ${name} at once, and the DNS provider ${provider} keeps one`,
    { next: 'Order them as two certificates, or use a DNS provider that keeps several values at a name.' },
  );
}
