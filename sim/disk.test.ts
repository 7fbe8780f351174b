import { describe, expect, it } from 'vitest';
import { replaceFile, utf8 } from '../src/core/index.ts';
import { Disk } from './disk.ts';
import { crashPoints, runAllCrashes } from './campaign.ts';
import { type Life, runLife } from './life.ts';
import { must } from './failure.ts';
import { SeededRandom } from './random.ts';

const path = '/data/file';
const [before, after] = ['the old content', 'the new and longer content'];
const seeds = Array.from({ length: 40 }, (_, index) => `disk ${index}`);

function diskWith(seed: string): Disk {
  const disk = new Disk({ random: new SeededRandom(seed), now: () => 0 });
  disk.createFolder('/data', 0o700);
  disk.write(path, utf8(before), { mode: 0o600 });
  disk.sync(path);
  disk.sync('/data');
  disk.sync('/');
  return disk;
}

/** What the file holds after a power cut, for many seeds. */
function outcomes(change: (disk: Disk) => void, file = path): Set<string> {
  return new Set(
    seeds.map((seed) => {
      const disk = diskWith(seed);
      change(disk);
      disk.powerCut();
      return disk.exists(file) ? disk.readText(file) : '(gone)';
    }),
  );
}

describe('a power cut', () => {
  it('takes nothing that was synced', () => {
    expect(outcomes(() => undefined)).toEqual(new Set([before]));
    const synced = outcomes((disk) => {
      disk.write(path, utf8(after), { mode: 0o600 });
      disk.sync(path);
    });
    expect(synced).toEqual(new Set([after]));
  });

  it('keeps, loses or tears what was not', () => {
    const seen = outcomes((disk) => disk.write(path, utf8(after), { mode: 0o600 }));
    expect(seen).toContain(before);
    expect(seen).toContain(after);
    expect(seen.size).toBeGreaterThan(3);
  });

  it('tears an append behind what was safe', () => {
    const seen = outcomes((disk) => disk.append(path, utf8(' and more'), { mode: 0o600 }));
    for (const content of seen) expect(content.startsWith(before)).toBe(true);
    expect(seen.size).toBeGreaterThan(3);
  });

  it('takes a new name unless its folder was synced, however safe the content', () => {
    const create = (disk: Disk) => {
      disk.write('/data/new', utf8(after), { mode: 0o600 });
      disk.sync('/data/new');
    };
    expect(outcomes(create, '/data/new')).toEqual(new Set(['(gone)', after]));
    const andSync = (disk: Disk) => {
      create(disk);
      disk.sync('/data');
    };
    expect(outcomes(andSync, '/data/new')).toEqual(new Set([after]));
  });

  it('takes a new folder with all that is in it unless the folder above was synced', () => {
    const seen = outcomes((disk) => {
      disk.createFolder('/data/below', 0o700);
      disk.write('/data/below/new', utf8(after), { mode: 0o600 });
      disk.sync('/data/below/new');
      disk.sync('/data/below');
    }, '/data/below/new');
    expect(seen).toEqual(new Set(['(gone)', after]));
  });

  it('keeps changes of names in their order: a later one never without an earlier one', () => {
    for (const seed of seeds) {
      const disk = diskWith(seed);
      for (const name of ['1', '2', '3', '4']) {
        disk.write(`/data/${name}`, utf8(name), { mode: 0o600 });
        disk.rename(`/data/${name}`, `/data/step`);
        disk.link('/data/step', `/data/done ${name}`);
      }
      disk.powerCut();
      const done = ['1', '2', '3', '4'].map((name) => disk.exists(`/data/done ${name}`));
      expect([...done].sort().reverse()).toEqual(done);
    }
  });

  it('never leaves a renamed file without any name or with both', () => {
    for (const seed of seeds) {
      const disk = diskWith(seed);
      disk.createFolder('/other', 0o700);
      disk.sync('/');
      disk.rename(path, '/other/file');
      disk.powerCut();
      expect([disk.exists(path), disk.exists('/other/file')].filter(Boolean)).toHaveLength(1);
    }
  });

  it('never gives a file its old name back that was given up before a synced rename', () => {
    for (const seed of seeds) {
      const disk = diskWith(seed);
      disk.createFolder('/other', 0o700);
      disk.sync('/');
      disk.write('/data/new', utf8(after), { mode: 0o600 });
      disk.rename('/data/new', '/other/new');
      disk.sync('/other');
      disk.powerCut();
      expect([disk.exists('/data/new'), disk.exists('/other/new')]).toEqual([false, true]);
    }
  });

  it('brings names back that were removed without a sync, or not', () => {
    expect(outcomes((disk) => disk.remove(path))).toEqual(new Set(['(gone)', before]));
  });
});

describe('a sick disk', () => {
  it('is full: a write fails and may leave a part, what is there stays readable', () => {
    const disk = diskWith('full');
    const lift = disk.faults.fill();
    expect(() => disk.write('/data/new', utf8(after), { mode: 0o600 })).toThrow(/no space/);
    expect(disk.readText(path)).toBe(before);
    lift();
    disk.write('/data/new', utf8(after), { mode: 0o600 });
    expect(disk.readText('/data/new')).toBe(after);
  });

  it('fails where and as often as the story wants', () => {
    const disk = diskWith('io');
    disk.faults.add({ code: 'io', operations: ['sync'], path: /file$/, skip: 1, times: 1 });
    disk.sync(path);
    expect(() => disk.sync(path)).toThrow(/input\/output error/);
    disk.sync(path);
  });

  it('is read-only: reads work, changes do not', () => {
    const disk = diskWith('read-only');
    disk.faults.makeReadOnly();
    expect(disk.readText(path)).toBe(before);
    expect(() => disk.remove(path)).toThrow(/read-only/);
    expect(() => disk.chmod(path, 0o644)).toThrow(/read-only/);
  });
});

/** One file is replaced; whatever happens on the way, a reader finds the old content or the new. */
function replacement(name: string, replace: Life['run']): Life {
  return {
    name,
    run: replace,
    invariants(world) {
      const [machine] = world.machines;
      const found = machine?.disk.exists(path) === true ? machine.disk.readText(path) : '(gone)';
      must(found === before || found === after, `the file holds ${JSON.stringify(found)}`);
    },
  };
}

const careful = replacement('replaceFile', async (world) => {
  const machine = world.machine({ name: 'alpha' });
  machine.disk.createFolder('/data', 0o700);
  machine.disk.write(path, utf8(before), { mode: 0o600 });
  for (const synced of [path, '/data', '/']) machine.disk.sync(synced);
  const process = world.boot({
    machine,
    name: 'writer',
    main: (ports) => replaceFile(ports, path, utf8(after), 0o600),
  });
  await process.exited;
  machine.powerCut();
});

const careless = replacement('write and rename without sync', async (world) => {
  const machine = world.machine({ name: 'alpha' });
  machine.disk.createFolder('/data', 0o700);
  machine.disk.write(path, utf8(before), { mode: 0o600 });
  for (const synced of [path, '/data', '/']) machine.disk.sync(synced);
  const main: Parameters<typeof world.boot>[0]['main'] = async ({ fs }) => {
    await fs.write(`${path}.tmp`, utf8(after), { mode: 0o600 });
    await fs.rename(`${path}.tmp`, path);
  };
  await world.boot({ machine, name: 'writer', main }).exited;
  machine.powerCut();
});

describe('a file that is replaced', () => {
  it('by replaceFile is old or new after a crash at any effect, power cut or kill', async () => {
    for (const seed of seeds) {
      expect(await runAllCrashes(careful, { seed, kind: 'power' })).toBe(9);
      expect(await runAllCrashes(careful, { seed, kind: 'kill' })).toBe(9);
    }
  });

  it('by replaceFile is the new one once the promise resolved', async () => {
    for (const seed of seeds) {
      const { world } = await runLife(careful, { seed });
      expect(world.machines[0]?.disk.readText(path)).toBe(after);
    }
  });

  it('by write and rename without a sync is lost for some seed: the disk is mean', async () => {
    const failures = await Promise.all(
      seeds.map((seed) =>
        runLife(careless, { seed }).then(
          () => undefined,
          (error: unknown) => String(error),
        ),
      ),
    );
    expect(failures.filter((failure) => failure?.includes('the file holds'))).not.toHaveLength(0);
  });

  it('has two crash points an effect', () => {
    expect([
      ...crashPoints(
        new Map([
          ['a', 2],
          ['b', 1],
        ]),
        ['a'],
      ),
    ]).toEqual([
      { process: 'a', effect: 1, side: 'before' },
      { process: 'a', effect: 1, side: 'after' },
      { process: 'a', effect: 2, side: 'before' },
      { process: 'a', effect: 2, side: 'after' },
    ]);
  });
});
