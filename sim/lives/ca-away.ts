import { must } from '../failure.ts';
import type { Client, Town } from '../town.ts';
import { defaultStart } from '../world.ts';
import { storedWell } from './invariants.ts';
import { bringInTheEnd, day, hour, name, townLife, withDefect } from './life.ts';

/** The CA cannot be reached for a day while a certificate is due; a timer wakes the client once a day. */
export const caAway = townLife({
  name: 'ca away',
  story: (town) => wakeWhileAway(town, day),
  invariants: (town, client) => renewedWithFewRequests(town, client, 40),
});

/** The same with a timer that wakes the client every ten minutes: most of the time it must hold its peace. */
export const busyTimer = townLife({
  name: 'busy timer',
  story: (town) => wakeWhileAway(town, hour / 6),
  invariants: (town, client) => renewedWithFewRequests(town, client, 40),
});

async function wakeWhileAway(town: Town, everyMs: number): Promise<void> {
  await town.visit(bringInTheEnd, { name: 'before' });
  await town.world.sleep(70 * day);
  const ca = town.world.machines.find((machine) => machine.name === 'ca.test');
  if (ca !== undefined) town.world.network.isolateFor(ca, day);
  await town.untilDone((client) => wakeUntilRenewed(client, everyMs), withDefect(town));
}

async function wakeUntilRenewed(client: Client, everyMs: number): Promise<void> {
  for (;;) {
    await storedWell(client, name);
    const report = await client.run([client.spec([name])], { patient: true, client: { requestTimeoutMs: 4000 } });
    if (report.certificates[0]?.outcome === 'issued' || (await isNew(client))) return;
    await client.ports.clock.sleep(everyMs);
  }
}

/** Made after the old one was due, however long ago that was. */
async function isNew({ stores }: Client): Promise<boolean> {
  const stored = await stores.certificates.load(name);
  return (stored?.facts.notBefore.getTime() ?? 0) > defaultStart.getTime() + 60 * day;
}

/** The longer it takes, the more requests there may be; a client that does not hold its peace makes thousands a day. */
async function renewedWithFewRequests(town: Town, client: Client, aDay: number): Promise<void> {
  must(await isNew(client), 'the certificate was not renewed');
  const days = 2 + Math.ceil(town.world.elapsed / day - 70);
  const knocks = town.world.network.exchanges.filter(({ from }) => from === 'client').length;
  must(knocks <= aDay * days, `${knocks} requests in ${days} days, most of them without an answer`);
}
