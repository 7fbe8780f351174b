import { apexAndWildcard, bringAndTidy } from './dns-wildcard.ts';
import { oneAccount, ordersAtMost } from './invariants.ts';
import { name, townLife, withDefect } from './life.ts';

/** A name and its wildcard through an API that gives each record an id, which a process may die before it hears. */
export const dnsRecordsById = townLife({
  name: 'dns records by id',
  town: { dns: { provider: 'record-by-id' } },
  story: (town) => town.untilDone((client) => bringAndTidy(client, apexAndWildcard), withDefect(town)),
  invariants(town) {
    oneAccount(town);
    ordersAtMost(town, 1);
  },
});

/** Two processes write to one RRset through an API that replaces it as a whole: each must see what the other wrote. */
export const dnsSharedRrset = townLife({
  name: 'dns shared rrset',
  town: { dns: { provider: 'rrset' } },
  async story(town) {
    const work = (process: string, wanted: string) =>
      town.untilDone((client) => bringAndTidy(client, [wanted]), withDefect(town, { name: process }));
    await Promise.all([work('a', name), work('b', `*.${name}`)]);
  },
  invariants: oneAccount,
});
