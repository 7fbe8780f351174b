import { must } from '../failure.ts';
import type { Client } from '../town.ts';
import { oneAccount, ordersAtMost } from './invariants.ts';
import { name, townLife, withDefect } from './life.ts';

export const apexAndWildcard = [name, `*.${name}`];

/**
 * A name and its wildcard: two values at one name of DNS, where strangers have values, too, on a server that is ahead of the
 * one that the CA asks.
 */
export const dnsWildcard = townLife({
  name: 'dns wildcard',
  town: { dns: { provider: 'dnsupdate' } },
  story: (town) => town.untilDone((client) => bringAndTidy(client, apexAndWildcard), withDefect(town)),
  invariants(town) {
    oneAccount(town);
    ordersAtMost(town, 1);
  },
});

/** What could not be removed in a storm stays in the journal, for the next run to remove. */
export async function bringAndTidy(client: Client, names: readonly string[]): Promise<void> {
  const subject = `certificate/${names[0]}`;
  for (let round = 1; ; round += 1) {
    must(round <= 60, `not done after ${round} tries, a minute apart`);
    const report = await client.run([client.spec(names)]);
    const done = report.certificates.every(({ outcome }) => outcome === 'issued' || outcome === 'kept');
    if (done && (await client.stores.journal.unfinished(subject)).length === 0) return;
    await client.ports.clock.sleep(60_000);
  }
}
