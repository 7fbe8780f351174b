import { describe, expect, it } from 'vitest';
import { fromUtf8, type Ports, replaceFile, utf8 } from '../src/core/index.ts';
import { must, SimulationError } from './failure.ts';
import { runAllCrashes, runAtRandom } from './campaign.ts';
import { type Life, runLife } from './life.ts';
import { readReplay, replayLine } from './replay.ts';
import type { World } from './world.ts';

/** A counter at a server that a client raises five times, noting each answer durably; a retry may raise it once more. */
const counting: Life<{ readonly count: () => number }> = {
  name: 'counting',
  options: { weather: { lost: 0.1, cut: 0.1, doubled: 0.1 } },
  async run(world) {
    let count = 0;
    const server = world.machine({ name: 'counter.test' });
    const machine = world.machine({ name: 'alpha' });
    const handler = async (request: Request) => {
      count += (await request.json()) === 'raise' ? 1 : 0;
      return Response.json({ count });
    };
    const serve = async ({ net }: Ports) => {
      await net.serveHttp({ address: { host: '', port: 80 }, handler });
      await new Promise<void>(() => undefined);
    };
    world.boot({ machine: server, name: 'server', main: serve });
    machine.disk.createFolder('/notes', 0o700);
    machine.disk.sync('/');
    await world.bootUntilDone({ machine, name: 'client', main: (ports) => raise(ports, world) });
    return { count: () => count };
  },
  invariants(world, { count }) {
    const noted = world.machines[1]?.disk.readText('/notes/done') ?? '';
    must(noted === '5', `noted ${noted}`);
    must(count() >= 5 && count() < 40, `counted ${count()}`);
  },
};

async function raise(ports: Ports, world: World): Promise<void> {
  const key = await ports.keys.generate('EC256');
  ports.log.info('a new client', { key: world.planted === 'leak' ? key.pkcs8?.reveal() : key.pkcs8 });
  for (;;) {
    const done = await ports.fs.read('/notes/done').then(fromUtf8, () => '0');
    if (done === '5') return;
    const request = { method: 'POST', url: 'http://counter.test/', body: '"raise"', timeoutMs: 2000 } as const;
    const raised = await ports.http.request(request).then(
      () => true,
      () => false,
    );
    if (raised) await replaceFile(ports, '/notes/done', utf8(String(Number(done) + 1)), 0o600);
    else await ports.clock.sleep(1000 * ports.random.fraction());
  }
}

async function failureOf(work: Promise<unknown>): Promise<SimulationError> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof SimulationError) return failure;
  throw new TypeError(`no SimulationError but ${String(failure)}`);
}

describe('a life', () => {
  it('holds its invariants at every crash point', async () => {
    expect(await runAllCrashes(counting, { seed: 'life', processes: ['client'] })).toBeGreaterThan(50);
    expect(await runAllCrashes(counting, { seed: 'life', processes: ['client'], kind: 'kill' })).toBeGreaterThan(50);
  });

  it('holds them for random seeds, crashes, pauses and weathers', async () => {
    const kinds = new Set<string>();
    for (let n = 0; n < 30; n += 1) {
      const climate = (['calm', 'slow', 'rough', 'storm'] as const)[n % 4];
      const disturbances = await runAtRandom(counting, { seed: `random ${n}`, processes: ['client'], climate });
      for (const disturbance of disturbances) kinds.add('pauseMs' in disturbance ? 'pause' : String(disturbance.kind));
    }
    expect(kinds).toEqual(new Set(['power', 'kill', 'pause']));
  });

  it('may be crashed twice', async () => {
    const disturbances = [
      { process: 'client', effect: 3, side: 'after' },
      { process: 'client', effect: 9, side: 'before' },
    ] as const;
    const { disturbed, world } = await runLife(counting, { seed: 'twice', disturbances });
    expect(disturbed).toBe(true);
    expect(world.processes.filter(({ name }) => name === 'client')).toHaveLength(3);
  });

  it('runs the same way for the same seed and crash, and another way for another seed', async () => {
    const traceOf = async (seed: string, effect: number) => {
      const { world } = await runLife(counting, { seed, crash: { process: 'client', effect, side: 'after' } });
      return world.trace.render();
    };
    for (const effect of [1, 4, 8]) expect(await traceOf('same', effect)).toBe(await traceOf('same', effect));
    expect(await traceOf('same', 4)).not.toBe(await traceOf('another', 4));
  });

  it('fails with the line that replays it and the trace', async () => {
    const broken: typeof counting = { ...counting, invariants: () => must(false, 'nothing is right') };
    const crash = { process: 'client', effect: 5, side: 'after' } as const;
    const { kind, message } = await failureOf(runLife(broken, { seed: 'b', crash }));
    expect(kind).toBe('invariant');
    expect(message).toContain('nothing is right');
    expect(message).toContain('SIM_LIFE=counting SIM_SEED=b SIM_CRASH=client:5:after npm test -- sim');
    expect(message).toMatch(/client +#5 /);
  });

  it('fails when a secret shows; redacted it does not', async () => {
    await runLife(counting, { seed: 'c' });
    const { message } = await failureOf(runLife(counting, { seed: 'c', planted: 'leak' }));
    expect(message).toContain('A secret shows');
  });

  it('fails as soon as an invariant for always does not hold', async () => {
    const watched: typeof counting = {
      ...counting,
      run(world) {
        world.always(() => must((world.effects.get('client') ?? 0) < 7, 'seven is too much'));
        return counting.run(world);
      },
    };
    const { message } = await failureOf(runLife(watched, { seed: 'd' }));
    expect(message).toContain('seven is too much');
  });
});

describe('the replay line', () => {
  it('is read as it was written', () => {
    const replay = {
      life: 'two nodes',
      seed: 'a b',
      planted: 'no-sync',
      climate: 'rough',
      disturbances: [
        { process: 'a>hook', effect: 3, side: 'after' },
        { process: 'b', effect: 7, side: 'before', kind: 'kill' },
        { process: 'b', effect: 9, side: 'before', pauseMs: 60_000 },
      ],
    } as const;
    const assignments = [...replayLine(replay).matchAll(/(SIM_\w+)='?([^']*?)'?(?= SIM_| npm)/g)];
    const env = Object.fromEntries(assignments.map(([, name = '', value = '']) => [name, value]));
    expect(readReplay(env, 'main')).toEqual(replay);
  });

  it('may be short', () => {
    expect(readReplay({ SIM_SEED: '7', SIM_CRASH: '12' }, 'everseal')?.disturbances).toEqual([
      { process: 'everseal', effect: 12, side: 'before' },
    ]);
    expect(readReplay({}, 'everseal')).toBeUndefined();
    expect(() => readReplay({ SIM_SEED: '7', SIM_CRASH: 'x' }, 'everseal')).toThrow(TypeError);
    expect(() => readReplay({ SIM_SEED: '7', SIM_WEATHER: 'sunny' }, 'everseal')).toThrow(TypeError);
  });
});
