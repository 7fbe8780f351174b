import { describe, expect, it } from 'vitest';
import { World } from '../../sim/index.ts';
import { BatchError, EversealError, type FileSystem, fromUtf8, type Ports, utf8 } from '../core/index.ts';
import type { ChallengeIntent } from './solver.ts';
import { type Webroot, webrootSolver } from './webroot.ts';

const signal = new AbortController().signal;
const folder = '/srv/www';
const answers = `${folder}/.well-known/acme-challenge`;

function intentFor(name: string, token = `token-${name.replaceAll('.', '-')}`): ChallengeIntent {
  return {
    type: 'http-01',
    identifier: { type: 'dns', value: name },
    wildcard: false,
    token,
    keyAuthorization: `${token}.thumbprint`,
    accountUrl: 'https://ca.example/acct/1',
  };
}
const a = intentFor('a.example');
const b = intentFor('b.example');

async function onMachine(story: (ports: Ports) => Promise<void>): Promise<void> {
  const world = new World({ seed: 'webroot' });
  const main = async (ports: Ports) => {
    await ports.fs.createFolder(folder, 0o755);
    await story(ports);
  };
  const exit = await world.drive(world.boot({ machine: world.machine({ name: 'web' }), name: 'client', main }).exited);
  if (exit.how === 'failed') throw exit.error;
}

function solverIn(ports: Ports, fs: Partial<FileSystem> = {}, roots: readonly Webroot[] = [{ folder }]) {
  return webrootSolver({ ports: { clock: ports.clock, fs: { ...ports.fs, ...fs } }, roots });
}

const text = async (ports: Ports, path: string) => fromUtf8(await ports.fs.read(path));
const mode = async (ports: Ports, path: string) => (await ports.fs.stat(path))?.mode.toString(8);

describe('a webroot', () => {
  it('holds the answer with modes that a web server can read, and afterwards nothing of ours', async () => {
    await onMachine(async (ports) => {
      const solver = solverIn(ports);
      await solver.prepare(signal);
      expect(await ports.fs.list(folder)).toEqual([]);
      const receipts = await solver.present([a, b], signal);
      expect(await text(ports, `${answers}/${a.token}`)).toBe(a.keyAuthorization);
      expect(await mode(ports, `${answers}/${a.token}`)).toBe('644');
      expect([await mode(ports, `${folder}/.well-known`), await mode(ports, answers)]).toEqual(['755', '755']);
      const done = [a, b].map((intent, i) => ({ intent, receipt: receipts[i] }));
      await solver.cleanup(done, signal);
      await solver.cleanup(done, signal);
      expect(await ports.fs.list(folder)).toEqual([]);
      expect(await ports.fs.list('/srv')).toEqual(['www']);
    });
  });

  it('keeps the folders that were there, empty or not', async () => {
    await onMachine(async (ports) => {
      await ports.fs.createFolder(`${folder}/.well-known`, 0o750);
      const solver = solverIn(ports);
      const receipts = await solver.present([a], signal);
      await solver.cleanup([{ intent: a, receipt: receipts[0] }], signal);
      expect(await ports.fs.list(folder)).toEqual(['.well-known']);
      expect(await ports.fs.list(`${folder}/.well-known`)).toEqual([]);
      expect(await mode(ports, `${folder}/.well-known`)).toBe('750');
    });
  });

  it('is cleaned up by another process, which knows the folders from the receipts', async () => {
    await onMachine(async (ports) => {
      const receipts = await solverIn(ports).present([a], signal);
      await solverIn(ports).cleanup([{ intent: a, receipt: receipts[0] }], signal);
      expect(await ports.fs.list(folder)).toEqual([]);
    });
  });

  it('is cleaned up from the intents alone, also of a half-written answer', async () => {
    await onMachine(async (ports) => {
      await solverIn(ports).present([a, b], signal);
      await ports.fs.write(`${answers}/${a.token}`, utf8(a.keyAuthorization.slice(0, 5)), { mode: 0o644 });
      await solverIn(ports).cleanup([{ intent: a }, { intent: b }], signal);
      expect(await ports.fs.list(answers)).toEqual([]);
    });
  });

  it('serves two certificates at once: the last one takes the folders away', async () => {
    await onMachine(async (ports) => {
      const solver = solverIn(ports);
      const [first] = await solver.present([a], signal);
      const [second] = await solver.present([b], signal);
      await solver.cleanup([{ intent: a, receipt: first }], signal);
      expect(await ports.fs.list(answers)).toEqual([b.token]);
      await solver.cleanup([{ intent: b, receipt: second }], signal);
      expect(await ports.fs.list(folder)).toEqual([]);
    });
  });

  it('survives that another process takes the empty folders away in between', async () => {
    await onMachine(async (ports) => {
      let taken = 0;
      const write: FileSystem['write'] = async (...args) => {
        if (taken < 2) {
          taken += 1;
          await ports.fs.removeFolder(answers);
          await ports.fs.removeFolder(`${folder}/.well-known`);
        }
        return ports.fs.write(...args);
      };
      await solverIn(ports, { write }).present([a], signal);
      expect(await text(ports, `${answers}/${a.token}`)).toBe(a.keyAuthorization);
    });
  });

  it('two orders that come and go in one process leave nothing', async () => {
    await onMachine(async (ports) => {
      const solver = solverIn(ports);
      const rounds = [a, b].map(async (intent) => {
        for (let round = 0; round < 20; round += 1) {
          const receipts = await solver.present([intent], signal);
          expect(await text(ports, `${answers}/${intent.token}`)).toBe(intent.keyAuthorization);
          await solver.cleanup([{ intent, receipt: receipts[0] }], signal);
        }
      });
      await Promise.all(rounds);
      expect(await ports.fs.list(folder)).toEqual([]);
    });
  });

  it('never touches a file of another’s', async () => {
    await onMachine(async (ports) => {
      const path = `${answers}/${a.token}`;
      await ports.fs.createFolder(answers, 0o755);
      await ports.fs.write(path, utf8('theirs'), { mode: 0o600 });
      const solver = solverIn(ports);
      const failure = await solver.present([b, a], signal).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(BatchError);
      expect(failure).toMatchObject({
        code: 'file-exists',
        message: expect.stringContaining(path),
        failures: [{ index: 1 }],
      });
      await solver.cleanup([{ intent: b }, { intent: a }], signal);
      expect(await ports.fs.list(answers)).toEqual([a.token]);
      expect(await text(ports, path)).toBe('theirs');
    });
  });

  it('does not write or remove through a link', async () => {
    await onMachine(async (ports) => {
      await ports.fs.createFolder(answers, 0o755);
      await ports.fs.write('/srv/secret', utf8(''), { mode: 0o600 });
      await ports.fs.symlink('/srv/secret', `${answers}/${a.token}`);
      const solver = solverIn(ports);
      await expect(solver.present([a], signal)).rejects.toMatchObject({ code: 'file-exists' });
      await solver.cleanup([{ intent: a }], signal);
      expect(await text(ports, '/srv/secret')).toBe('');
      expect(await ports.fs.list(answers)).toEqual([a.token]);
    });
  });

  it.each(['../../evil', 'a/b', '', '.', 'a\\b'])('a token %j is no file name', async (token) => {
    await onMachine(async (ports) => {
      const solver = solverIn(ports);
      const bad = { ...intentFor('a.example'), token };
      await expect(solver.present([bad], signal)).rejects.toMatchObject({ code: 'bad-reply' });
      await solver.cleanup([{ intent: bad }], signal);
      expect(await ports.fs.list('/srv')).toEqual(['www']);
    });
  });
});

describe('before an order is made', () => {
  const named = [{ folder: '/srv/no', names: ['a.example', '*.b.example'] }];

  it('a webroot that is missing is named with its names', async () => {
    await onMachine(async (ports) => {
      await expect(solverIn(ports, {}, named).prepare(signal)).rejects.toMatchObject({
        code: 'file-not-found',
        message: 'The webroot /srv/no (for a.example, *.b.example) does not exist',
        next: expect.stringContaining('Create it'),
      });
    });
  });

  it('a webroot that is a file is named', async () => {
    await onMachine(async (ports) => {
      await ports.fs.write('/srv/no', utf8('x'), { mode: 0o644 });
      await expect(solverIn(ports, {}, named).prepare(signal)).rejects.toMatchObject({
        code: 'not-a-folder',
        message: expect.stringMatching(/\/srv\/no \(for a\.example.*not a folder/),
      });
    });
  });

  it('a file that stands in the way is named', async () => {
    await onMachine(async (ports) => {
      await ports.fs.write(`${folder}/.well-known`, utf8('x'), { mode: 0o644 });
      await expect(solverIn(ports).prepare(signal)).rejects.toMatchObject({
        code: 'not-a-folder',
        message: expect.stringContaining(`${folder}/.well-known`),
      });
    });
  });

  it.each(['permission', 'read-only-disk', 'disk-full'] as const)('a webroot that gives %s is named', async (code) => {
    await onMachine(async (ports) => {
      const write = async () => {
        throw new EversealError(code, 'the disk says no');
      };
      const failure = await solverIn(ports, { write })
        .prepare(signal)
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({
        code,
        message: expect.stringMatching(/\/srv\/www \(for all names\).*the disk says no/),
      });
      expect(await ports.fs.list(folder)).toEqual([]);
    });
  });

  it('it is enough that the innermost folder can be written to', async () => {
    await onMachine(async (ports) => {
      await ports.fs.createFolder(answers, 0o755);
      const write: FileSystem['write'] = async (path, ...rest) => {
        if (!path.startsWith(answers)) throw new EversealError('permission', 'no');
        return ports.fs.write(path, ...rest);
      };
      await solverIn(ports, { write }).prepare(signal);
      expect(await ports.fs.list(answers)).toEqual([]);
    });
  });

  it('what a crash left of the test is removed', async () => {
    await onMachine(async (ports) => {
      let path = '';
      const remove = async (tested: string) => {
        path = tested;
      };
      await solverIn(ports, { remove }).prepare(signal);
      expect(await ports.fs.list(folder)).toHaveLength(1);
      await solverIn(ports).prepare(signal);
      expect(path).toContain(folder);
      expect(await ports.fs.list(folder)).toEqual([]);
    });
  });
});

describe('several webroots', () => {
  const roots: Webroot[] = [
    { folder: '/srv/all' },
    { folder: '/srv/sub', names: ['*.example', '*.sub.example'] },
    { folder: '/srv/deep', names: ['*.deep.sub.example'] },
    { folder: '/srv/exact', names: ['www.sub.example', '192.0.2.7'] },
  ];

  it.each([
    ['other.test', '/srv/all'],
    ['a.example', '/srv/sub'],
    ['a.deep.sub.example', '/srv/deep'],
    ['www.sub.example', '/srv/exact'],
  ])('%s goes to %s', async (name, chosen) => {
    await onMachine(async (ports) => {
      for (const { folder: root } of roots) await ports.fs.createFolder(root, 0o755);
      const solver = solverIn(ports, {}, roots);
      await solver.present([intentFor(name)], signal);
      for (const { folder: root } of roots)
        expect((await ports.fs.list(root)).length, root).toBe(root === chosen ? 1 : 0);
    });
  });

  it('fit names that they are for, and no wildcards', async () => {
    await onMachine(async (ports) => {
      const solver = solverIn(ports, {}, roots.slice(1));
      expect(solver.fits({ type: 'dns', value: 'a.example' }, false)).toBe(true);
      expect(solver.fits({ type: 'ip', value: '192.0.2.7' }, false)).toBe(true);
      expect(solver.fits({ type: 'dns', value: 'other.test' }, false)).toBe(false);
      expect(solver.fits({ type: 'dns', value: 'a.example' }, true)).toBe(false);
    });
  });

  it('of one folder share it', async () => {
    await onMachine(async (ports) => {
      const split = [
        { folder, names: ['a.example'] },
        { folder, names: ['b.example'] },
      ];
      const solver = solverIn(ports, {}, split);
      const receipts = await solver.present([a], signal);
      await solver.present([b], signal);
      await solver.cleanup([{ intent: a, receipt: receipts[0] }], signal);
      await solver.cleanup([{ intent: b }], signal);
      expect(await ports.fs.list(folder)).toEqual([]);
    });
  });
});
