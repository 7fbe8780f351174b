import { EversealError } from '../../src/core/index.ts';
import { rollOverAccountKey } from '../../src/engine/index.ts';
import { must } from '../failure.ts';
import type { Client } from '../town.ts';
import { oneAccount } from './invariants.ts';
import { bringInTheEnd, townLife, withDefect } from './life.ts';

/** The account gets a new key; afterwards it still orders. */
export const keyRollover = townLife({
  name: 'key rollover',
  async story(town) {
    await town.visit(bringInTheEnd, { name: 'before' });
    await town.untilDone(rollOver, withDefect(town));
    await town.visit(orderAnother, { name: 'after' });
  },
  invariants: oneAccount,
});

/** Where the network fails, somebody tries again. */
async function rollOver(client: Client): Promise<void> {
  for (;;) {
    const rolled = await rollOverAccountKey(client.engine, client.issuer(), { algorithm: 'EC256' }).catch(
      whetherWeather,
    );
    if (rolled !== undefined) return;
    await client.ports.clock.sleep(60_000);
  }
}

function whetherWeather(error: unknown): undefined {
  if (!(error instanceof EversealError)) throw error;
}

async function orderAnother(client: Client): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const report = await client.run([client.spec(['n1.example'])]);
    if (report.certificates[0]?.outcome === 'issued') return;
    must(tries < 20, 'the account does not order any more');
    await client.ports.clock.sleep(60_000);
  }
}
