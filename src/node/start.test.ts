import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeClock } from './clock.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));

/** Programs of their own on the ports: what is loaded and when a process ends shows only there. */
describe('a program on the ports', () => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'everseal-'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await build({
      entryPoints: [join(here, 'index.ts')],
      outdir: folder,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'error',
      banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
    });
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function outputOf(program: string): Promise<string> {
    await writeFile(join(folder, 'program.js'), `import { nodePorts } from './index.js';\n${program}`);
    const { stdout } = await run(process.execPath, [join(folder, 'program.js')], { timeout: 20_000 });
    return stdout;
  }

  it('loads nothing heavy before it is needed', async () => {
    const output = await outputOf(`
      const ports = nodePorts();
      await ports.fs.stat('.');
      ports.terminal.write(JSON.stringify(process.moduleLoadList));
    `);
    const loaded: unknown = JSON.parse(output);
    const heavy = ['tls', 'https', 'http', 'http2', 'net', 'child_process', 'readline', 'dgram', 'dns'];
    expect(loaded).toContain('NativeModule fs/promises');
    for (const name of heavy) expect(loaded).not.toContain(`NativeModule ${name}`);
  });

  it('ends by itself when its work is done, with idle connections and abandoned requests', async () => {
    const clock = nodeClock();
    const before = clock.monotonic();
    const output = await outputOf(`
      import { createServer } from 'node:net';
      const { http, net, clock } = nodePorts({ env: {} });
      // A server that answers once a connection, and keeps connections open: in this process, but not keeping it alive.
      const server = createServer((socket) => {
        socket.unref();
        socket.once('data', () => socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n'));
      });
      await new Promise((done) => server.listen(0, '127.0.0.1', done));
      server.unref();
      const mute = createServer((socket) => socket.unref());
      await new Promise((done) => mute.listen(0, '127.0.0.1', done));
      mute.unref();
      const port = server.address().port;
      await http.request({ method: 'GET', url: 'http://127.0.0.1:' + port });
      const silent = http.request({ method: 'GET', url: 'http://127.0.0.1:' + port, timeoutMs: 50 });
      console.log(await silent.catch((error) => error.code));
      // A handshake that never ends: the connection is not there yet, so nothing of HTTP has begun.
      const handshake = http.request({ method: 'GET', url: 'https://127.0.0.1:' + mute.address().port, timeoutMs: 50 });
      console.log(await handshake.catch((error) => error.code));
      const stop = new AbortController();
      clock.sleep(1e9, stop.signal).catch(() => {});
      stop.abort();
    `);
    expect(output).toBe('timeout\ntimeout\n');
    expect(clock.monotonic() - before).toBeLessThan(3_500); // keep-alive alone is 4 s
  });

  it('stays while a sleep is pending: it is work', async () => {
    expect(await outputOf(`nodePorts().clock.sleep(50).then(() => console.log('slept'));`)).toBe('slept\n');
  });
});
