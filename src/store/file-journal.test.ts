import { describe, expect, it } from 'vitest';
import { utf8 } from '../core/index.ts';
import { FileJournal, StateFolder } from './index.ts';
import { Crash, type TestProcess, TestWorld } from './test-world.testing.ts';

const folder = '/srv/.everseal';

function journalOf(process: TestProcess): FileJournal {
  return new FileJournal(process, new StateFolder(process, folder));
}

function onlyFile(world: TestWorld): string {
  const [path, ...more] = world.disk.tree(`${folder}/journal`);
  expect(more).toEqual([]);
  if (path === undefined) throw new Error('no journal file');
  return path;
}

describe('the journal on disk', () => {
  it('can be read by its owner only', async () => {
    const world = new TestWorld();
    await journalOf(world.boot()).begin('certificate/a', { step: 'order' });
    expect(world.disk.stat(onlyFile(world))?.mode).toBe(0o600);
    expect(world.disk.stat(`${folder}/journal`)?.mode).toBe(0o700);
    expect(world.disk.stat(folder)?.mode).toBe(0o700);
  });

  it.each([
    ['half of it', '{"step":"rec'],
    ['all but its line end', '{"step":"receipts"}'],
    ['its length, without its octets', '\0\0\0\0\0\0'],
    ['zeros in its middle', '{"step":"x","a":"\0\0\0"}\n'],
  ])('drops a torn last record: %s', async (_what, tail) => {
    const world = new TestWorld();
    const entry = await journalOf(world.boot()).begin('certificate/a', { step: 'order' });
    await entry.append({ step: 'intents' });
    world.disk.append(onlyFile(world), utf8(tail), { mode: 0o600 });
    const [found] = await journalOf(world.boot()).unfinished();
    expect(found?.records.map(({ step }) => step)).toEqual(['order', 'intents']);
    await found?.append({ step: 'cleaned' });
    const [again] = await journalOf(world.boot()).unfinished();
    expect(again?.records.map(({ step }) => step)).toEqual(['order', 'intents', 'cleaned']);
  });

  it('goes on after a record that did not fit on the disk', async () => {
    const world = new TestWorld();
    const entry = await journalOf(world.boot()).begin('certificate/a', { step: 'order' });
    const lift = world.disk.faults.fill();
    await expect(entry.append({ step: 'lost', padding: 'x'.repeat(100) })).rejects.toMatchObject({ code: 'disk-full' });
    lift();
    expect(entry.records).toHaveLength(1);
    await entry.append({ step: 'intents' });
    const [found] = await journalOf(world.boot()).unfinished();
    expect(found?.records.map(({ step }) => step)).toEqual(['order', 'intents']);
  });

  it('makes what it hands out for going on survive a power cut, though its writer died before it was safe', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const world = new TestWorld(`unsynced ${seed}`);
      await journalOf(world.boot()).begin('certificate/a', { step: 'order' });
      world.disk.append(onlyFile(world), utf8('{"step":"certificate-key"}\n'), { mode: 0o600 });
      const [found] = await journalOf(world.boot()).unfinished('certificate/a');
      expect(found?.records).toHaveLength(2);
      world.disk.powerCut();
      const [again] = await journalOf(world.boot()).unfinished('certificate/a');
      expect(again?.records).toHaveLength(2);
    }
  });

  it('refuses to guess at other damage, and names the file', async () => {
    const world = new TestWorld();
    const entry = await journalOf(world.boot()).begin('certificate/a', { step: 'order' });
    const path = onlyFile(world);
    world.disk.append(path, utf8('rubbish\n'), { mode: 0o600 });
    world.disk.append(path, utf8('{"step":"intents"}\n'), { mode: 0o600 });
    await expect(journalOf(world.boot()).unfinished('certificate/a')).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining(path),
    });
    expect(await journalOf(world.boot()).unfinished('certificate/b')).toEqual([]);
    await entry.close();
  });

  it('leaves what a later version began alone', async () => {
    const world = new TestWorld();
    await journalOf(world.boot()).begin('certificate/a', { step: 'order' });
    const path = onlyFile(world);
    world.disk.write(path, utf8('{"format":2,"subject":"certificate/a"}\n'), { mode: 0o600 });
    await expect(journalOf(world.boot()).unfinished()).rejects.toMatchObject({ code: 'newer-format' });
  });

  it('does not begin an operation again that another process finished', async () => {
    const world = new TestWorld();
    const entry = await journalOf(world.boot()).begin('certificate/a', { step: 'order' });
    const [taken] = await journalOf(world.boot()).unfinished();
    await taken?.close();
    await expect(entry.append({ step: 'late' })).rejects.toMatchObject({ code: 'stale-lease' });
    expect(await journalOf(world.boot()).unfinished()).toEqual([]);
    await expect(taken?.append({ step: 'late' })).rejects.toThrow(TypeError);
  });

  it('loses no record whose append was done, whatever the crash', async () => {
    for (let effect = 1; effect < 40; effect += 1) {
      for (const when of ['before', 'after'] as const) {
        const world = new TestWorld(`${effect} ${when}`);
        const done: string[] = [];
        const work = async () => {
          const entry = await journalOf(world.boot({ effect, when })).begin('certificate/a', { step: '0' });
          done.push('0');
          for (const step of ['1', '2', '3']) {
            await entry.append({ step });
            done.push(step);
          }
        };
        const outcome = await work().catch((error: unknown) => error);
        world.disk.powerCut();
        const [found] = await journalOf(world.boot()).unfinished();
        const steps = found?.records.map(({ step }) => step) ?? [];
        expect(steps.slice(0, done.length), `${effect} ${when}`).toEqual(done);
        expect(['0', '1', '2', '3'].slice(0, steps.length)).toEqual(steps);
        if (!(outcome instanceof Crash)) return;
      }
    }
    throw new Error('the work never ends');
  });

  it('tidies temporary files of crashes away, but not those of today', async () => {
    const world = new TestWorld();
    const journal = journalOf(world.boot());
    await (await journal.begin('certificate/a', { step: 'order' })).close();
    world.disk.write(`${folder}/journal/.x.AAAAAAAA.tmp`, utf8('{"step":'), { mode: 0o600 });
    await journal.unfinished();
    expect(world.disk.list(`${folder}/journal`)).toHaveLength(1);
    world.advance(25 * 60 * 60_000);
    await journal.unfinished();
    expect(world.disk.list(`${folder}/journal`)).toEqual([]);
  });
});
