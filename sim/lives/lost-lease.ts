import { must } from '../failure.ts';
import type { Client, Town } from '../town.ts';
import { bringInTheEnd, day, name, townLife, withDefect } from './life.ts';

/**
 * A process stands still in the middle of a renewal, longer than its lease; another takes over and renews. When the first
 * goes on, it must not put its own certificate over the newer one.
 */
export const lostLease = townLife({
  name: 'lost lease',
  town: { front: true },
  async story(town) {
    await town.visit(bringInTheEnd, { name: 'before' });
    await town.world.sleep(70 * day);
    const slow = town.untilDone(bringInTheEnd, withDefect(town, { name: 'client' }));
    await town.world.sleep(90_000);
    await town.untilDone(bringInTheEnd, withDefect(town, { name: 'other' }));
    await slow;
  },
  async invariants(town, client) {
    await newestIsCurrent(town, client);
  },
});

async function newestIsCurrent(town: Town, { stores }: Client): Promise<void> {
  const current = (await stores.certificates.load(name))?.facts.notAfter.getTime();
  const commits = town.events.flatMap((event) => (event.type === 'certificate.stored' ? event.notAfter.getTime() : []));
  must(current !== undefined && current >= Math.max(...commits), 'an older certificate took the place of a newer one');
}
