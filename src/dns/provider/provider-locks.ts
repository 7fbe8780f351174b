/** Which locks a batch needs: those of its write shape, in the name of the credentials. */
import { createHash } from 'node:crypto';
import type { Api, ApiDefinition } from './api-definition.ts';
import type { ProviderSettings } from './catalogue-entry.ts';
import type { ProviderLock, TxtRecord } from './provider.ts';
import type { LockScope } from './write-shape.ts';

type Held = Pick<ProviderLock, 'hold'> & { readonly of: (record: TxtRecord) => string };

const scopes: Readonly<Record<LockScope, Held | undefined>> = {
  none: undefined,
  rrset: { hold: 'write', of: ({ name }) => name },
  // Without SOA nobody knows the zone yet: all zones of the credentials then.
  zone: { hold: 'write', of: ({ zone }) => zone },
  credential: { hold: 'write', of: () => '' },
  'name-slot': { hold: 'order', of: ({ name }) => name },
  'credential-slot': { hold: 'order', of: () => '' },
};

export function locksFor(
  definition: ApiDefinition,
  api: Api,
  settings: ProviderSettings,
  records: readonly TxtRecord[],
): readonly ProviderLock[] {
  const account = `${definition.code}:${credentialHash(definition, api, settings)}`;
  const wanted = [scopes[api.write.lock], api.limits?.sequential ? scopes.credential : undefined];
  const locks = wanted.flatMap((held) =>
    held === undefined ? [] : records.map((record) => ({ key: `${account}:${held.of(record)}`, hold: held.hold })),
  );
  const kept = new Map(locks.map((lock) => [`${lock.key} ${lock.hold}`, lock]));
  return [...kept.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Tells accounts apart without showing what they are. */
function credentialHash({ variables }: ApiDefinition, { base }: Api, settings: ProviderSettings): string {
  const values = variables.map(({ name }) => settings.text(name) ?? null);
  return createHash('sha256')
    .update(JSON.stringify([base, values]))
    .digest('hex')
    .slice(0, 16);
}
