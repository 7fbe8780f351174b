import { setTimeout as realTime } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SimulationError } from './failure.ts';
import { World } from './world.ts';

async function kindOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof SimulationError ? `${error.kind}: ${error.message}` : `no SimulationError: ${String(error)}`;
}

describe('virtual time', () => {
  it('a year passes in no time', async () => {
    const world = new World({ seed: 'a' });
    await world.drive(world.sleep(365 * 86_400_000));
    expect(world.elapsed).toBe(365 * 86_400_000);
  });

  it('timers end in the order of their times', async () => {
    const world = new World({ seed: 'a' });
    const order: number[] = [];
    await world.drive(Promise.all([30, 10, 20, 0, 15].map((ms) => world.sleep(ms).then(() => order.push(ms)))));
    expect(order).toEqual([0, 10, 15, 20, 30]);
  });

  it('timers of one instant end in an order that the seed decides', async () => {
    const orderOf = async (seed: string) => {
      const world = new World({ seed });
      const order: number[] = [];
      await world.drive(Promise.all([1, 2, 3, 4, 5].map((n) => world.sleep(10).then(() => order.push(n)))));
      return order.join('');
    };
    const orders = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(orderOf));
    expect(new Set(orders).size).toBeGreaterThan(1);
    expect(await orderOf('a')).toBe(orders[0]);
  });

  it('all that can happen now happens before time passes, bodies of requests and replies too', async () => {
    const world = new World({ seed: 'a' });
    const work = async () => {
      for (let round = 0; round < 20; round += 1) {
        const request = new Request('https://a.test/', { method: 'POST', body: 'x'.repeat(100_000) });
        const response = new Response((await request.text()) + round);
        await response.clone().arrayBuffer();
      }
      return world.elapsed;
    };
    const timer = world.sleep(5);
    expect(await world.drive(work())).toBe(0);
    await world.drive(timer);
  });

  it('where nothing can happen any more, it says who waits for what', async () => {
    const world = new World({ seed: 'a' });
    const machine = world.machine({ name: 'alpha' });
    const main = async () => new Promise<void>(() => undefined);
    const process = world.boot({ machine, name: 'stuck', main });
    expect(await kindOf(world.drive(process.exited))).toMatch(/^deadlock: .*stuck/);
  });

  it('a deadlock names the effect that never ends', async () => {
    const world = new World({ seed: 'a' });
    const machine = world.machine({ name: 'alpha' });
    const wait = () => new Promise<void>(() => undefined);
    const process = world.boot({
      machine,
      name: 'stuck',
      main: (_, self) => self.effect({ what: 'wait for spring', work: wait }),
    });
    expect(await kindOf(world.drive(process.exited))).toMatch(/^deadlock: .*stuck for #1 wait for spring/);
  });

  it('what waits outside the world is found out', async () => {
    const world = new World({ seed: 'a' });
    const outside = realTime(10).then(() => world.sleep(5));
    expect(await kindOf(world.drive(outside))).toMatch(/^real-time: /);
  });

  it('a story that takes too long is given up', async () => {
    const world = new World({ seed: 'a', limitMs: 1000 });
    expect(await kindOf(world.drive(world.sleep(1001)))).toMatch(/^time-limit/);
  });

  it('a process that does too much is given up', async () => {
    const world = new World({ seed: 'a', effectLimit: 50 });
    const machine = world.machine({ name: 'alpha' });
    const main = async ({ clock }: { clock: { sleep(ms: number): Promise<void> } }) => {
      for (;;) await clock.sleep(1);
    };
    const process = world.boot({ machine, name: 'busy', main });
    expect(await kindOf(world.drive(process.exited))).toMatch(/^effect-limit: .*busy/);
  });
});
