import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Machine, ProgramRun } from '../../sim/index.ts';
import { BatchError, type Environment } from '../core/index.ts';
import { nodePorts } from '../node/index.ts';
import { type DnsProvider, readSettings } from '../dns/index.ts';
import { entry } from './exec.ts';
import './exec-provider.ts'; // loaded before virtual time begins
import { parseTiming } from './exec-timing.ts';
import { blindResolver, failureOf, onStage, recordFor, signal, type Stage } from './stage.testing.ts';

const apex = recordFor('example.com', 'value-1');
const wildcard = recordFor('example.com', 'value-2');
const other = recordFor('www.example.com', 'value-3');
const withReceipts = (...records: readonly (typeof apex)[]) => records.map((record) => ({ record, receipt: {} }));

/** A program that notes its calls. */
class Notes {
  readonly calls: string[] = [];
  readonly runs: ProgramRun[] = [];
  running = 0;
  mostRunning = 0;

  install(machine: Machine, path: string, work: (run: ProgramRun) => Promise<number> = async () => 0): void {
    machine.programs.set(path, async (run) => {
      this.calls.push(run.argv.join(' '));
      this.runs.push(run);
      this.running += 1;
      this.mostRunning = Math.max(this.mostRunning, this.running);
      await run.ports.clock.sleep(100);
      this.running -= 1;
      return work(run);
    });
  }
}

async function withProgram(
  environment: Environment,
  story: (stage: Stage, notes: Notes) => Promise<void>,
  work?: (run: ProgramRun) => Promise<number>,
): Promise<Notes> {
  const notes = new Notes();
  await onStage(
    {
      entry,
      environment: { EXEC_PATH: './update-dns.sh', ...environment },
      prepare: (_, machine) => notes.install(machine, '/srv/update-dns.sh', work),
    },
    (stage) => story(stage, notes),
  );
  return notes;
}

describe('exec', () => {
  it('calls the program with the verb, the absolute name and the value', async () => {
    const { calls } = await withProgram({}, async ({ open }) => {
      const provider = await open();
      expect(await provider.add([apex, wildcard], signal)).toHaveLength(2);
      await provider.remove(withReceipts(apex, wildcard), signal);
    });
    expect(calls).toEqual([
      'present _acme-challenge.example.com. value-1',
      'present _acme-challenge.example.com. value-2',
      'cleanup _acme-challenge.example.com. value-1',
      'cleanup _acme-challenge.example.com. value-2',
    ]);
  });

  it('puts -- behind the verb where EXEC_SEPARATOR asks for it', async () => {
    const { calls } = await withProgram({ EXEC_SEPARATOR: 'true' }, async ({ open }) => {
      await (await open()).add([apex], signal);
    });
    expect(calls).toEqual(['present -- _acme-challenge.example.com. value-1']);
  });

  it('gives domain, token and key authorization in RAW mode, behind --', async () => {
    const { calls } = await withProgram({ EXEC_MODE: 'RAW' }, async ({ open }) => {
      const provider = await open();
      await provider.add([apex], signal);
      await provider.remove(withReceipts(apex), signal);
    });
    const args = '-- example.com -token-value-1 -token-value-1.thumbprint';
    expect(calls).toEqual([`present ${args}`, `cleanup ${args}`]);
  });

  it('has nothing to give in RAW mode for a record without a challenge', async () => {
    const { calls } = await withProgram({ EXEC_MODE: 'RAW' }, async ({ open }) => {
      const provider = await open();
      const plain = { name: apex.name, zone: '', value: 'v' };
      expect(await failureOf(provider.add([plain], signal))).toMatchObject({ code: 'usage' });
    });
    expect(calls).toEqual([]);
  });

  it('takes any other mode for the default one, and says so', async () => {
    const notes = await withProgram({ EXEC_MODE: 'raw' }, async ({ open, events }) => {
      await (await open()).add([apex], signal);
      expect(events).toEqual([
        { type: 'warning', message: 'exec: EXEC_MODE=raw is not RAW: the program gets name and value' },
      ]);
    });
    expect(notes.calls).toEqual(['present _acme-challenge.example.com. value-1']);
  });

  it('runs it with the environment and in the working folder of the user', async () => {
    const { runs } = await withProgram({ API_KEY: 'k', EMPTY: undefined }, async ({ open }) => {
      await (await open()).add([apex], signal);
    });
    expect(runs[0]?.env).toEqual({ EXEC_PATH: './update-dns.sh', API_KEY: 'k' });
    expect(runs[0]?.cwd).toBe('/srv');
  });

  it.each([
    ['update-dns', 'update-dns'],
    ['/opt/update-dns', '/opt/update-dns'],
    ['bin/update-dns', '/srv/bin/update-dns'],
    ['../update-dns', '/srv/../update-dns'],
  ])('runs EXEC_PATH=%s as %s', async (path, file) => {
    const notes = new Notes();
    await onStage(
      { entry, environment: { EXEC_PATH: path }, prepare: (_, machine) => notes.install(machine, file) },
      async ({ open }) => {
        await (await open()).add([apex], signal);
      },
    );
    expect(notes.calls).toHaveLength(1);
  });

  it('needs EXEC_PATH', async () => {
    await onStage({ entry }, async ({ open }) => {
      expect(await failureOf(open())).toMatchObject({ code: 'usage', message: expect.stringContaining('EXEC_PATH') });
    });
  });
});

describe('several calls of exec', () => {
  it('never overlap, and have no pause between them', async () => {
    const { mostRunning } = await withProgram({}, async ({ open, ports }) => {
      const provider = await open();
      const before = ports.clock.monotonic();
      await Promise.all([provider.add([apex, wildcard], signal), provider.add([other], signal)]);
      expect(ports.clock.monotonic() - before).toBeLessThan(400);
      expect(provider.locks([apex])).toEqual([{ key: 'exec:/srv/update-dns.sh', hold: 'write' }]);
    });
    expect(mostRunning).toBe(1);
  });

  it('overlap with EXEC_PARALLEL', async () => {
    const records = Array.from({ length: 9 }, (_, index) => recordFor(`n${index}.example`, 'v'));
    const { mostRunning } = await withProgram({ EXEC_PARALLEL: 'true' }, async ({ open, ports }) => {
      const provider = await open();
      const before = ports.clock.monotonic();
      await provider.add(records, signal);
      expect(ports.clock.monotonic() - before).toBeLessThan(200);
      expect(provider.locks(records)).toEqual([]);
    });
    expect(mostRunning).toBe(9);
  });

  it('pause for EXEC_SEQUENCE_INTERVAL where that is set', async () => {
    await withProgram({ EXEC_SEQUENCE_INTERVAL: '60' }, async ({ open, ports }) => {
      const before = ports.clock.monotonic();
      await (await open()).add([apex, wildcard, other], signal);
      const took = ports.clock.monotonic() - before;
      expect(took).toBeGreaterThanOrEqual(120_300);
      expect(took).toBeLessThan(121_000);
    });
  });
});

describe('a failing program', () => {
  it('ends the order without further pauses', async () => {
    await withProgram(
      { EXEC_SEQUENCE_INTERVAL: '60' },
      async ({ open, ports }) => {
        await failureOf((await open()).add([apex, wildcard, other], signal));
        expect(ports.clock.monotonic()).toBeLessThan(1000);
      },
      async () => 1,
    );
  });

  const failing = async (run: ProgramRun): Promise<number> => {
    for (const line of ['one', 'two', 'three', 'four', 'five', 'no \u001b[31mzone']) run.print(`${line}\n`, 'stderr');
    return run.argv.includes('value-2') ? 3 : 0;
  };

  it('ends the order with its last lines, the name and the exit code', async () => {
    const notes = await withProgram(
      {},
      async ({ open, world }) => {
        const provider = await open();
        const error = await failureOf(provider.add([apex, wildcard, other], signal));
        expect(error).toBeInstanceOf(BatchError);
        expect(error).toMatchObject({ code: 'program-failed', failures: [{ index: 1 }] });
        expect(error).toMatchObject({
          message:
            'exec: /srv/update-dns.sh present _acme-challenge.example.com. failed with exit code 3: two | three | four | five | no  [31mzone',
        });
        expect(world.trace.lines.filter(({ what }) => what.startsWith('info: exec: two'))).toHaveLength(2);
        await provider
          .remove(
            [apex, wildcard, other].map((record) => ({ record })),
            signal,
          )
          .catch(() => undefined);
      },
      failing,
    );
    // What was presented or begun is cleaned up, and nothing else.
    expect(notes.calls.slice(2)).toEqual([
      'cleanup _acme-challenge.example.com. value-1',
      'cleanup _acme-challenge.example.com. value-2',
    ]);
  });

  it('is called for all in cleaning up, whatever happens to one of them', async () => {
    const notes = await withProgram(
      {},
      async ({ open }) => {
        const error = await failureOf((await open()).remove(withReceipts(apex, wildcard, other), signal));
        expect(error).toMatchObject({ code: 'program-failed', failures: [{ index: 1 }] });
      },
      failing,
    );
    expect(notes.calls).toHaveLength(3);
  });

  it('cleans up what another process presented', async () => {
    const { calls } = await withProgram({}, async ({ open }) => {
      await (await open()).add([apex], signal);
      await (await open()).remove([{ record: apex }], signal);
    });
    expect(calls[1]).toBe('cleanup _acme-challenge.example.com. value-1');
  });

  it('shows no token and no key authorization in RAW mode', async () => {
    await withProgram(
      { EXEC_MODE: 'RAW' },
      async ({ open }) => {
        const error = await failureOf((await open()).add([apex], signal));
        expect(error).toMatchObject({
          message: expect.stringContaining('present example.com failed with exit code 1'),
        });
        expect(String(error)).not.toContain('token');
      },
      async () => 1,
    );
  });

  it('that hangs is killed after EXEC_CALL_TIMEOUT', async () => {
    const { calls } = await withProgram(
      { EXEC_CALL_TIMEOUT: '5' },
      async ({ open, ports }) => {
        const error = await failureOf((await open()).add([apex, other], signal));
        expect(error).toMatchObject({
          code: 'program-failed',
          message: expect.stringContaining('did not end within 5 s and was killed: it printed nothing'),
          next: expect.stringContaining('EXEC_CALL_TIMEOUT'),
        });
        expect(ports.clock.monotonic()).toBeLessThan(6000);
      },
      async ({ ports }) => {
        await ports.clock.sleep(86_400_000);
        return 0;
      },
    );
    expect(calls).toHaveLength(1);
  });

  it('ends when the user gives up, and is cleaned up after', async () => {
    const { calls } = await withProgram({}, async ({ open, ports }) => {
      const provider = await open();
      const giveUp = new AbortController();
      const adding = failureOf(provider.add([apex, other], giveUp.signal));
      await ports.clock.sleep(50);
      giveUp.abort(new Error('Ctrl-C'));
      expect(await adding).toMatchObject({ message: 'Ctrl-C' });
      await provider.remove([{ record: apex }, { record: other }], signal);
    });
    expect(calls).toEqual([
      'present _acme-challenge.example.com. value-1',
      'cleanup _acme-challenge.example.com. value-1',
    ]);
  });

  it.each([
    ['nothing', 'write ./nothing'],
    ['./nothing', 'starts from /srv'],
    ['/nothing', 'Check EXEC_PATH, and'],
  ])('that is missing as %s is named with what to do', async (path, next) => {
    await onStage({ entry, environment: { EXEC_PATH: path } }, async ({ open }) => {
      const error = await failureOf((await open()).add([apex, other], signal));
      expect(error).toMatchObject({ code: 'program-not-found', next: expect.stringContaining(next) });
      expect(error).not.toBeInstanceOf(BatchError);
    });
  });
});

describe('the timing of exec', () => {
  const says =
    (output: string, exitCode = 0) =>
    async (run: ProgramRun) => {
      if (run.argv[0] === 'timeout') run.print(output);
      return exitCode;
    };
  const asking = { EXEC_TIMEOUT_COMMAND: 'true' };

  it('is a minute and two seconds, and the program is not asked', async () => {
    await withProgram({}, async ({ open }) => {
      const provider = await open();
      expect(provider.timing).toEqual({ timeoutMs: 60_000, intervalMs: 2000 });
      expect(provider.askTiming).toBeUndefined();
    });
  });

  it.each([
    ['{"timeout": 30, "interval": 5}\n', 0, { timeoutMs: 30_000, intervalMs: 5000 }],
    ['{"timeout": 30}', 0, { timeoutMs: 30_000, intervalMs: 2000 }],
    ['{"timeout": 30, "interval": 5}', 1, { timeoutMs: 60_000, intervalMs: 2000 }],
    ['', 0, { timeoutMs: 60_000, intervalMs: 2000 }],
    ['thirty', 0, { timeoutMs: 60_000, intervalMs: 2000 }],
    ['{"timeout": "30", "interval": 5}', 0, { timeoutMs: 60_000, intervalMs: 2000 }],
    ['{"timeout": -1, "interval": 5}', 0, { timeoutMs: 60_000, intervalMs: 2000 }],
    ['{"timeout": 30, "interval": 0}', 0, { timeoutMs: 60_000, intervalMs: 2000 }],
  ])('is what the program says with EXEC_TIMEOUT_COMMAND: %j, exit code %i', async (output, exitCode, timing) => {
    const { calls } = await withProgram(
      asking,
      async ({ open }) => {
        const provider = await open();
        expect(await provider.askTiming?.(signal)).toEqual(timing);
      },
      says(output, exitCode),
    );
    expect(calls).toEqual(['timeout']);
  });

  it('is what the variables say, whatever the program says', async () => {
    await withProgram(
      { ...asking, EXEC_PROPAGATION_TIMEOUT: '7', EXEC_POLLING_INTERVAL: '1' },
      async ({ open }) => {
        const provider = await open();
        expect(await provider.askTiming?.(signal)).toEqual({ timeoutMs: 7000, intervalMs: 1000 });
      },
      says('{"timeout": 30, "interval": 5}'),
    );
  });

  it('is read from every JSON of that form, and from no other text', () => {
    const seconds = fc.double({ min: 0.001, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(seconds, seconds, (timeout, interval) => {
        expect(parseTiming(JSON.stringify({ timeout, interval }))).toEqual({ timeout, interval });
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => void parseTiming(text)));
  });
});

describe('exec on a real machine', () => {
  it.each([
    ['#!/bin/sh\n', 0o644, { code: 'permission', next: 'Make the file executable: chmod +x ./update-dns.sh' }],
    ['#!/no/language\n', 0o755, { code: 'program-not-found', next: expect.stringContaining('first line of a script') }],
    ['#!/bin/sh\necho "no zone" >&2\nexit 7\n', 0o755, { message: expect.stringMatching(/exit code 7: no zone$/) }],
    ['#!/bin/sh\nkill -9 $$\n', 0o755, { message: expect.stringContaining('was ended by a signal') }],
  ])('says what is wrong with the script %j, %o', async (script, mode, failure) => {
    await withScript(script, mode, async (provider) => {
      expect(await failureOf(provider.add([apex], signal))).toMatchObject(failure);
    });
  });

  it('runs a script by a relative path', async () => {
    await withScript('#!/bin/sh\necho "$1 $2 $3" >> calls\n', 0o755, async (provider, read) => {
      await provider.add([apex], signal);
      expect(await read('calls')).toBe('present _acme-challenge.example.com. value-1\n');
    });
  });
});

/** Opens the provider with this script in the working folder. */
async function withScript(
  script: string,
  mode: number,
  story: (provider: DnsProvider, read: (name: string) => Promise<string>) => Promise<void>,
): Promise<void> {
  const ports = nodePorts();
  const { fs } = ports;
  const workingFolder = `/tmp/exec-${Buffer.from(ports.random.bytes(8)).toString('hex')}`;
  await fs.createFolder(workingFolder, 0o700);
  try {
    await fs.write(`${workingFolder}/update-dns.sh`, Buffer.from(script), { mode });
    const environment = { EXEC_PATH: './update-dns.sh', PATH: '/usr/bin:/bin' };
    const settings = await readSettings(entry, environment, fs, () => undefined);
    const surroundings = { workingFolder, resolver: blindResolver, events: () => undefined };
    const provider = await entry.open({ ports, environment, settings, ...surroundings });
    await story(provider, async (name) => Buffer.from(await fs.read(`${workingFolder}/${name}`)).toString());
  } finally {
    for (const name of await fs.list(workingFolder)) await fs.remove(`${workingFolder}/${name}`);
    await fs.removeFolder(workingFolder);
  }
}
