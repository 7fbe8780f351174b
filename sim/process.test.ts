import { describe, expect, it } from 'vitest';
import { hasCode, type Ports, type ProcessIdentity, utf8 } from '../src/core/index.ts';
import type { Disturbance } from './disturbance.ts';
import type { SimProcess } from './process.ts';
import { World } from './world.ts';

function worldWith(...disturbances: readonly Disturbance[]): {
  world: World;
  run: (main: (ports: Ports) => Promise<unknown>) => SimProcess;
} {
  const world = new World({ seed: 'process', disturbances });
  const machine = world.machine({ name: 'alpha' });
  machine.disk.createFolder('/data', 0o700);
  machine.disk.sync('/');
  return { world, run: (main) => world.boot({ machine, name: 'worker', main }) };
}

/** Three effects. */
async function threeFiles({ fs }: Ports): Promise<void> {
  for (const name of ['1', '2', '3']) await fs.write(`/data/${name}`, utf8(name), { mode: 0o600 });
}

describe('a process', () => {
  it.each([
    { side: 'before', files: ['1'] },
    { side: 'after', files: ['1', '2'] },
  ] as const)('killed $side its second write leaves $files', async ({ side, files }) => {
    const { world, run } = worldWith({ process: 'worker', effect: 2, side, kind: 'kill' });
    const process = run(threeFiles);
    expect(await world.drive(process.exited)).toEqual({ how: 'crashed' });
    await world.drive(world.sleep(1000));
    const found = world.machines[0]?.disk.list('/data') ?? [];
    expect(found.filter((name) => name !== '2' || side === 'after')).toEqual(files);
    expect(world.effects.get('worker')).toBe(2);
  });

  it('killed in the middle of a write may leave half of it', async () => {
    const left = new Set<string>();
    for (let n = 0; n < 40; n += 1) {
      const disturbances = [{ process: 'worker', effect: 1, side: 'before', kind: 'kill' }] as const;
      const world = new World({ seed: `kill ${n}`, disturbances });
      const machine = world.machine({ name: 'alpha' });
      const main = ({ fs }: Ports) => fs.write('/file', utf8('0123456789'), { mode: 0o600 });
      await world.drive(world.boot({ machine, name: 'worker', main }).exited);
      left.add(machine.disk.exists('/file') ? machine.disk.readText('/file') : '(none)');
    }
    expect(left).toContain('(none)');
    expect(left.size).toBeGreaterThan(4);
  });

  it('that reads while another writes in place may see an empty file', async () => {
    const seen = new Set<string>();
    for (let n = 0; n < 30; n += 1) {
      const world = new World({ seed: `race ${n}` });
      const machine = world.machine({ name: 'alpha' });
      machine.disk.write('/file', utf8('old'), { mode: 0o600 });
      const write = ({ fs }: Ports) => fs.write('/file', utf8('new'), { mode: 0o600 });
      const read = async ({ fs }: Ports) => {
        for (let times = 0; times < 5; times += 1) seen.add(Buffer.from(await fs.read('/file')).toString());
      };
      const both = [
        world.boot({ machine, name: 'writer', main: write }),
        world.boot({ machine, name: 'reader', main: read }),
      ];
      await world.drive(Promise.all(both.map(({ exited }) => exited)));
    }
    expect(seen).toEqual(new Set(['old', '', 'new']));
  });

  it('never sleeps too short, however time adds up', async () => {
    const { world, run } = worldWith();
    const naps: number[] = [];
    const process = run(async ({ clock }) => {
      for (let n = 0; n < 200; n += 1) {
        const before = clock.monotonic();
        await clock.sleep(0.1 * n);
        naps.push(clock.monotonic() - before - 0.1 * n);
      }
    });
    await world.drive(process.exited);
    expect(naps).toHaveLength(200);
    expect(Math.min(...naps)).toBeGreaterThanOrEqual(0);
  });

  it('forgets everything when it dies: nothing of it goes on', async () => {
    const { world, run } = worldWith();
    let ticks = 0;
    const process = run(async ({ clock }) => {
      for (;;) {
        await clock.sleep(10);
        ticks += 1;
      }
    });
    await world.drive(world.sleep(55));
    process.kill();
    await world.drive(world.sleep(1000));
    expect(ticks).toBe(5);
  });

  it('counts its effects on after it was booted again', async () => {
    const { world } = worldWith({ process: 'worker', effect: 2, side: 'before' });
    const [machine] = world.machines;
    if (machine === undefined) throw new TypeError('no machine');
    const exit = await world.drive(world.bootUntilDone({ machine, name: 'worker', main: threeFiles }));
    expect(exit).toEqual({ how: 'returned' });
    expect(world.effects.get('worker')).toBe(5);
    expect(machine.disk.list('/data').sort()).toEqual(['1', '2', '3']);
  });

  it('has other randomness after each boot, and the same for the same seed', async () => {
    const draw = async () => {
      const { world, run } = worldWith();
      const drawn: string[] = [];
      const main = async ({ random }: Ports) => drawn.push(Buffer.from(random.bytes(8)).toString('hex'));
      for (let n = 0; n < 2; n += 1) await world.drive(run(main).exited);
      return drawn;
    };
    const drawn = await draw();
    expect(new Set(drawn).size).toBe(2);
    expect(await draw()).toEqual(drawn);
  });

  it('that dies takes its listeners along and cuts its clients off', async () => {
    const { world, run } = worldWith();
    const server = run(async ({ net }) => {
      await net.serveHttp({ address: { host: '', port: 80 }, handler: () => new Promise<Response>(() => undefined) });
      await new Promise<void>(() => undefined);
    });
    const codes: string[] = [];
    const client = world.machine({ name: 'client' });
    const main = async ({ http }: Ports) => {
      const get = () =>
        http.request({ method: 'GET', url: 'http://alpha/' }).then(String, (error) => codes.push(error.code));
      await get();
      await get();
    };
    const asking = world.boot({ machine: client, name: 'client', main });
    await world.drive(world.sleep(500));
    server.kill();
    await world.drive(asking.exited);
    expect(codes).toEqual(['connection-reset', 'connection-refused']);
  });

  it('stands still past its lease, and goes on as if nothing had been', async () => {
    const { world, run } = worldWith({ process: 'worker', effect: 2, side: 'before', pauseMs: 60_000 });
    const times: number[] = [];
    const process = run(async ({ fs, clock }) => {
      for (const name of ['1', '2', '3']) {
        await fs.write(`/data/${name}`, utf8(name), { mode: 0o600 });
        times.push(clock.monotonic());
      }
    });
    await world.drive(world.sleep(1000));
    expect(world.machines[0]?.disk.list('/data')).toEqual(['1']);
    await world.drive(process.exited);
    expect(times[0]).toBeLessThan(10);
    expect(times[1]).toBeGreaterThan(60_000);
    expect(times[2]).toBeLessThan(60_010);
  });

  it('knows who of its machine is alive, and nothing of before a power cut', async () => {
    const { world, run } = worldWith();
    const answers: string[] = [];
    let identity: ProcessIdentity | undefined;
    const first = run(async ({ host }) => {
      identity = await host.identity();
      await new Promise<void>(() => undefined);
    });
    await world.drive(world.sleep(1));
    const ask = async ({ host }: Ports) => answers.push(identity === undefined ? 'none' : await host.isAlive(identity));
    await world.drive(run(ask).exited);
    first.kill();
    await world.drive(run(ask).exited);
    world.machines[0]?.powerCut();
    await world.drive(run(ask).exited);
    expect(answers).toEqual(['alive', 'dead', 'unknown']);
  });

  it('sees its machine’s clock jump, but not the time that has passed', async () => {
    const { world, run } = worldWith();
    const seen: number[][] = [];
    const process = run(async ({ clock }) => {
      const look = () => seen.push([clock.now().getTime(), clock.monotonic()]);
      look();
      await clock.sleep(100);
      look();
    });
    await world.drive(world.sleep(50));
    world.machines[0]?.jumpClock(-3_600_000);
    await world.drive(process.exited);
    const [[now0 = 0, mono0 = 0] = [], [now1 = 0, mono1 = 0] = []] = seen;
    expect(now1 - now0).toBe(100 - 3_600_000);
    expect(mono1 - mono0).toBe(100);
  });

  it('may have defective ports planted', async () => {
    const { world } = worldWith();
    const [machine] = world.machines;
    if (machine === undefined) throw new TypeError('no machine');
    const wrap = (ports: Ports): Ports => ({ ...ports, fs: { ...ports.fs, sync: async () => undefined } });
    const main = ({ fs }: Ports) => fs.sync('/nowhere');
    expect(await world.drive(world.boot({ machine, name: 'worker', main, wrap }).exited)).toEqual({ how: 'returned' });
    const honest = await world.drive(world.boot({ machine, name: 'worker', main }).exited);
    expect(honest.how === 'failed' && hasCode(honest.error, 'file-not-found')).toBe(true);
  });
});
