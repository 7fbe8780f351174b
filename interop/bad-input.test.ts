import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { certificateFiles, everseal, obtain, runArguments } from './harness/everseal.ts';
import { type TemporaryFolder, temporaryFolder } from './harness/folder.ts';
import { freePort } from './harness/free-port.ts';
import { keyMatches } from './harness/openssl.ts';
import { type Pebble, startPebble } from './harness/pebble.ts';
import { type Finished, run } from './harness/process.ts';
import { programFolder } from './harness/root.ts';

let folder: TemporaryFolder;
let pebble: Pebble;
beforeAll(async () => {
  pebble = await startPebble('calm');
});
afterAll(() => pebble?.stop());
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** A kind refusal: the exit code, a cause that names what matters, no stack trace, no half-written file. */
function expectRefusal(result: Finished, code: number, cause: RegExp): void {
  expect(result, `${result.stdout}${result.stderr}`).toMatchObject({ code });
  expect(result.stderr).toMatch(cause);
  expect(result.stderr).not.toMatch(/^\s+at .*\(?(node:|file:|\/).*:\d+:\d+/m);
  const files = readdirSync(folder.path, { recursive: true, encoding: 'utf8' });
  expect(files.filter((name) => name.endsWith('.tmp'))).toEqual([]);
}

function wish(more: readonly string[] = []) {
  return { path: join(folder.path, 'tree'), domains: ['bad-input.example'], more };
}

describe('a command line that makes no sense', () => {
  it('is refused for an unknown flag, with exit code 2', async () => {
    expectRefusal(await everseal(['run', '--domians', 'x.example']), 2, /domians/);
  });

  it('is refused for an unknown command, with exit code 2', async () => {
    expectRefusal(await everseal(['rnu']), 2, /rnu/);
  });
});

describe('a CA that cannot be used', () => {
  it('is named when nobody answers there', async () => {
    const directory = `https://127.0.0.1:${await freePort()}/dir`;
    expectRefusal(await obtain({ ...pebble, directory }, wish()), 1, /127\.0\.0\.1/);
  });

  it('is refused when its certificate is by another root', async () => {
    const result = await everseal(runArguments(pebble, wish()));
    expectRefusal(result, 1, /certificate|LEGO_CA_CERTIFICATES/i);
  });

  it('may refuse a name, which is then shown with its reason', async () => {
    const result = await obtain(pebble, { ...wish(), domains: ['blocked-domain.example'] });
    expectRefusal(result, 1, /blocked-domain\.example/);
  });
});

describe('a name that no certificate can hold', () => {
  it('is refused before the CA is asked', async () => {
    const before = pebble.requests();
    expectRefusal(await obtain(pebble, { ...wish(), domains: ['a..b.example'] }), 1, /a\.\.b\.example/);
    expect(pebble.requests()).toBe(before);
  });
});

describe('a port in use', () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(pebble.httpPort, '127.0.0.1', resolve));
  });
  afterEach(() => server.close());

  it('is named, and costs no order', async () => {
    const orders = () => pebble.log().split('POST /order-plz').length;
    const before = orders();
    expectRefusal(await obtain(pebble, wish()), 1, new RegExp(String(pebble.httpPort)));
    expect(orders()).toBe(before);
  });
});

describe('files that cannot be understood', () => {
  it('an account file is named and left as it is', async () => {
    await obtain(pebble, wish());
    const host = new URL(pebble.directory).host.replace(':', '_');
    const file = join(folder.path, 'tree', 'accounts', host, 'suite@example.com', 'account.json');
    writeFileSync(file, '{ "id": "suite@exa');
    expectRefusal(await obtain(pebble, wish(['--renew-force'])), 1, /account\.json/);
    expect(readFileSync(file, 'utf8')).toBe('{ "id": "suite@exa');
  });

  it('a certificate file is named and left as it is', async () => {
    await obtain(pebble, wish());
    const { crt } = certificateFiles(join(folder.path, 'tree'), 'bad-input.example');
    writeFileSync(crt, 'not a certificate\n');
    expectRefusal(await obtain(pebble, wish()), 1, /bad-input\.example/);
    expect(readFileSync(crt, 'utf8')).toBe('not a certificate\n');
  });
});

describe('a disk that is full', () => {
  let disk: string;
  beforeEach(() => {
    disk = join(folder.path, 'tree');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=0755', 'tmpfs', disk]);
  });
  afterEach(() => execFileSync('umount', [disk]));

  /** Writes until nothing fits any more, then gives some of it back. */
  function fill(freeBytes: number): void {
    const ballast = join(disk, 'ballast');
    let size = 512 * 1024;
    for (; size > 0; size -= 4096) {
      try {
        writeFileSync(ballast, Buffer.alloc(size));
        break;
      } catch {
        rmSync(ballast, { force: true });
      }
    }
    rmSync(ballast);
    if (size > freeBytes) writeFileSync(ballast, Buffer.alloc(size - freeBytes));
  }

  it.each([0, 4096, 8192, 16_384, 24_576, 32_768])(
    'keeps the old certificate whole with %i octets left',
    async (free) => {
      const first = await obtain(pebble, wish());
      expect(first, first.stderr).toMatchObject({ code: 0 });
      const { crt, key } = certificateFiles(disk, 'bad-input.example');
      const before = readFileSync(crt, 'utf8');
      fill(free);
      const result = await obtain(pebble, wish(['--renew-force']));
      expect([0, 1], result.stderr).toContain(result.code);
      if (result.code === 1) {
        expectRefusal(result, 1, /full|space/i);
        expect(readFileSync(crt, 'utf8')).toBe(before);
      }
      expect(keyMatches(crt, key)).toBe(true);

      rmSync(join(disk, 'ballast'), { force: true });
      const healed = await obtain(pebble, wish(['--renew-force']));
      expect(healed, healed.stderr).toMatchObject({ code: 0 });
      expect(keyMatches(crt, key)).toBe(true);
    },
  );

  it('is told before anything is spent at the CA when nothing can be stored at all', async () => {
    fill(0);
    expectRefusal(await obtain(pebble, wish()), 1, /full|space/i);
  });
});

describe('a user without rights', () => {
  /** As nobody, with a copy of the program that nobody may read. */
  function asNobody(args: readonly string[]): Promise<Finished> {
    const copy = join(folder.path, 'bin');
    cpSync(programFolder, copy, { recursive: true });
    writeFileSync(join(copy, 'package.json'), '{ "type": "module" }\n');
    const root = join(folder.path, 'root.pem');
    writeFileSync(root, readFileSync(pebble.tlsRoot), { mode: 0o644 });
    const user = ['--reuid=65534', '--regid=65534', '--clear-groups'];
    return run('setpriv', [...user, process.execPath, join(copy, 'everseal.js'), ...args], {
      cwd: folder.path,
      env: { LEGO_CA_CERTIFICATES: root, HOME: '/nonexistent' },
    });
  }

  it('is told which path cannot be written', async () => {
    mkdirSync(join(folder.path, 'tree'), { mode: 0o755 });
    expectRefusal(await asNobody(runArguments(pebble, wish())), 1, /tree/);
    expect(readdirSync(join(folder.path, 'tree'))).toEqual([]);
  });

  it('is told which key cannot be read', async () => {
    const first = await obtain(pebble, wish());
    expect(first, first.stderr).toMatchObject({ code: 0 });
    execFileSync('chmod', ['-R', 'a+rX', join(folder.path, 'tree')]);
    const host = new URL(pebble.directory).host.replace(':', '_');
    const key = join(folder.path, 'tree', 'accounts', host, 'suite@example.com', 'suite@example.com.key');
    chmodSync(key, 0o600);
    expectRefusal(await asNobody(runArguments(pebble, wish(['--renew-force']))), 1, /permission|may not|cannot/i);
  });

  it('may obtain a certificate where it may write', async () => {
    const path = join(folder.path, 'tree');
    mkdirSync(path);
    chmodSync(path, 0o777);
    const result = await asNobody(runArguments(pebble, wish()));
    expect(result, result.stderr).toMatchObject({ code: 0 });
  });
});
