import { must } from '../failure.ts';
import type { Client } from '../town.ts';
import { oneAccount, ordersAtMost, storedWell } from './invariants.ts';
import { bringInTheEnd, day, name, townLife, withDefect } from './life.ts';

/** A certificate is renewed in its last third. At every start the old one or the new one is there, whole. */
export const renewal = townLife({
  name: 'renewal',
  async story(town) {
    await town.visit(bringInTheEnd, { name: 'before' });
    await town.world.sleep(70 * day);
    await town.untilDone(renew, withDefect(town));
  },
  async invariants(town, { stores }) {
    oneAccount(town);
    ordersAtMost(town, 2);
    const stored = await stores.certificates.load(name);
    must((stored?.facts.notBefore.getTime() ?? 0) > town.web.now - day, 'the certificate was not renewed');
  },
});

async function renew(client: Client): Promise<void> {
  await storedWell(client, name);
  await bringInTheEnd(client);
}
