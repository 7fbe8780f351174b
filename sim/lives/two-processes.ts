import { oneAccount, ordersAtMost } from './invariants.ts';
import { bringInTheEnd, townLife, withDefect } from './life.ts';

/** Two processes on one store want the same certificate at the same time: one of them makes it, both have it. */
export const twoProcesses = townLife({
  name: 'two processes',
  town: { front: true },
  async story(town) {
    const both = ['a', 'b'].map((process) => town.untilDone(bringInTheEnd, withDefect(town, { name: process })));
    await Promise.all(both);
  },
  invariants(town) {
    oneAccount(town);
    ordersAtMost(town, 1);
  },
});
