import { oneAccount, ordersAtMost } from './invariants.ts';
import { bringInTheEnd, townLife, withDefect } from './life.ts';

/** A machine that has nothing obtains its first certificate. */
export const firstIssuance = townLife({
  name: 'first issuance',
  story: (town) => town.untilDone(bringInTheEnd, withDefect(town)),
  invariants(town) {
    oneAccount(town);
    ordersAtMost(town, 1);
  },
});
