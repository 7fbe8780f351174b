import { oneAccount } from './invariants.ts';
import { bringAndTidy } from './dns-wildcard.ts';
import { name, townLife, withDefect } from './life.ts';

/** Two processes want a name and its wildcard in certificates of their own: each adds to the other's RRset, and takes away. */
export const dnsTwoProcesses = townLife({
  name: 'dns two processes',
  town: { dns: { provider: 'dnsupdate' } },
  async story(town) {
    const work = (process: string, wanted: string) =>
      town.untilDone((client) => bringAndTidy(client, [wanted]), withDefect(town, { name: process }));
    await Promise.all([work('a', name), work('b', `*.${name}`)]);
  },
  invariants: oneAccount,
});
