/**
 * What every implementation of the ports must do: `node/` runs this on the machine, `sim/` in virtual time.
 *
 * A failing expectation names a rule that the rest of the product relies on. Nothing here depends on Node's network or
 * disk; certificates come from `fixtures/tls.ts`.
 */
import { createPrivateKey, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withDeadline } from './deadline.ts';
import { createFile, readIfExists, replaceFile } from './durable-file.ts';
import { fromUtf8, utf8 } from './encoding.ts';
import { EversealError } from './error.ts';
import { leafIdentity, otherRoot, testRoot } from './fixtures/tls.ts';
import type { FetchHandler, HttpRequest, HttpResponse, Listener, Ports, ServeTlsOptions } from './ports.ts';
import { signatureHash } from './signer.ts';

/** The start of a command line. */
export type Program = readonly [program: string, ...args: readonly string[]];

/** A fresh world for one test. */
export interface ConformanceWorld {
  readonly ports: Ports;
  /** An empty folder. */
  readonly temporaryFolder: string;
  /** An IP address that listeners may bind and clients reach. */
  readonly address: string;
  readonly programs: {
    /**
     * Prints each argument as a line of standard output, then standard input as it came, then `GREETING` of its
     * environment (nothing when unset) and its working directory as two lines of standard error; exits with 0.
     */
    readonly echo: Program;
    /** Exits with 3. */
    readonly fail: Program;
    /** Prints the line `ready` and never ends. */
    readonly hang: Program;
  };
  finish(): Promise<void>;
  /** Drives virtual time while the work runs; the identity on a real machine. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** Registers the whole suite under `name`; `world` is called once a test. */
export function portsConformance(name: string, world: () => Promise<ConformanceWorld>): void {
  const suite = new Suite(world);
  describe(name, () => {
    beforeEach(() => suite.start());
    afterEach(() => suite.finish());
    describe('clock', () => clockRules(suite));
    describe('random', () => randomRules(suite));
    describe('keys', () => keyRules(suite));
    describe('files', () => fileRules(suite));
    describe('durable files', () => durableFileRules(suite));
    describe('http', () => httpRules(suite));
    describe('http that goes wrong', () => brokenHttpRules(suite));
    describe('https', () => httpsRules(suite));
    describe('listeners', () => listenerRules(suite));
    describe('tls by alpn', () => alpnRules(suite));
    describe('dns messages', () => dnsRules(suite));
    describe('byte streams', () => streamRules(suite));
    describe('names', () => nameRules(suite));
    describe('programs', () => programRules(suite));
    describe('host', () => hostRules(suite));
  });
}

class Suite {
  readonly #create: () => Promise<ConformanceWorld>;
  #world: ConformanceWorld | undefined;
  #listeners: Listener[] = [];

  constructor(create: () => Promise<ConformanceWorld>) {
    this.#create = create;
  }

  async start(): Promise<void> {
    this.#world = await this.#create();
    this.#listeners = [];
  }

  async finish(): Promise<void> {
    await this.#world?.run(async () => {
      await Promise.all(this.#listeners.map((listener) => listener.close()));
    });
    await this.#world?.finish();
    this.#world = undefined;
  }

  get world(): ConformanceWorld {
    if (this.#world === undefined) throw new TypeError('no world outside a test');
    return this.#world;
  }

  get ports(): Ports {
    return this.world.ports;
  }

  path(name: string): string {
    return `${this.world.temporaryFolder}/${name}`;
  }

  rule(title: string, work: (ports: Ports) => Promise<void>): void {
    it(title, () => this.world.run(() => work(this.ports)));
  }

  /** Closes the listener after the test; returns its port. */
  async listening(listener: Promise<Listener>): Promise<number> {
    const started = await listener;
    this.#listeners.push(started);
    return portOf(started);
  }

  async serve(handler: FetchHandler): Promise<string> {
    const address = { host: this.world.address, port: 0 };
    const port = await this.listening(this.ports.net.serveHttp({ address, handler }));
    return `http://${this.world.address}:${port}`;
  }
}

function portOf(listener: Listener): number {
  const port = listener.addresses[0]?.port;
  if (port === undefined) throw new TypeError('a listener has at least one address');
  return port;
}

/** The code of the failure; `none` when there was none. */
async function codeOf(work: Promise<unknown>): Promise<string> {
  const outcome = await work.then(
    () => 'none',
    (error: unknown) => error,
  );
  if (outcome instanceof EversealError) {
    expect(outcome.message).not.toMatch(/[\n\r]/);
    return outcome.code;
  }
  return typeof outcome === 'string' ? outcome : `not an EversealError: ${String(outcome)}`;
}

/** What the work rejected with. */
async function reasonOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'it did not reject',
    (error: unknown) => error,
  );
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

// ---------------------------------------------------------------- time, randomness, keys

function clockRules(suite: Suite): void {
  suite.rule('shorter sleeps end first, whatever the order they began in', async ({ clock }) => {
    const order: string[] = [];
    await Promise.all([
      clock.sleep(90).then(() => order.push('long')),
      clock.sleep(10).then(() => order.push('short')),
      clock.sleep(50).then(() => order.push('middle')),
      clock.sleep(0).then(() => order.push('none')),
    ]);
    expect(order).toEqual(['none', 'short', 'middle', 'long']);
  });

  suite.rule('a sleep takes at least its time, on both clocks', async ({ clock }) => {
    const monotonic = clock.monotonic();
    const now = clock.now().getTime();
    await clock.sleep(20);
    expect(clock.monotonic() - monotonic).toBeGreaterThanOrEqual(20);
    expect(clock.now().getTime() - now).toBeGreaterThanOrEqual(18);
  });

  suite.rule('an aborted sleep rejects at once with the reason', async ({ clock }) => {
    const stop = new AbortController();
    const reason = new EversealError('aborted', 'enough');
    const before = clock.monotonic();
    const sleeping = reasonOf(clock.sleep(3_600_000, stop.signal));
    await clock.sleep(5);
    stop.abort(reason);
    expect(await sleeping).toBe(reason);
    expect(clock.monotonic() - before).toBeLessThan(60_000);
  });

  suite.rule('a sleep with a signal that fired already never begins', async ({ clock }) => {
    const reason = new EversealError('aborted', 'before it began');
    expect(await reasonOf(clock.sleep(3_600_000, AbortSignal.abort(reason)))).toBe(reason);
  });

  suite.rule('a sleep beyond 2^31 ms does not end early', async ({ clock }) => {
    const stop = new AbortController();
    let ended = false;
    const sleeping = clock.sleep(2 ** 32 + 5, stop.signal).then(
      () => {
        ended = true;
      },
      () => undefined,
    );
    await clock.sleep(30);
    expect(ended).toBe(false);
    stop.abort();
    await sleeping;
  });

  suite.rule('a deadline ends work that does not end by itself', async ({ clock }) => {
    const work = withDeadline({ clock, ms: 20, what: 'the nap' }, (signal) => clock.sleep(3_600_000, signal));
    expect(await codeOf(work)).toBe('timeout');
  });
}

function randomRules(suite: Suite): void {
  suite.rule('gives as many octets as asked for', async ({ random }) => {
    for (const length of [0, 1, 32, 70_000]) expect(random.bytes(length)).toHaveLength(length);
  });

  suite.rule('does not repeat itself', async ({ random }) => {
    expect(random.bytes(16)).not.toEqual(random.bytes(16));
    expect(random.fork('a').bytes(16)).not.toEqual(random.fork('b').bytes(16));
  });

  suite.rule('fractions lie in [0, 1) and spread', async ({ random }) => {
    const draws = Array.from({ length: 200 }, () => random.fraction());
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    expect(Math.min(...draws)).toBeLessThan(0.25);
    expect(Math.max(...draws)).toBeGreaterThan(0.75);
  });
}

function keyRules(suite: Suite): void {
  for (const algorithm of ['EC256', 'EC384', 'EC521', 'Ed25519'] as const) {
    suite.rule(`a new ${algorithm} key signs and can be written down`, async ({ keys }) => {
      const key = await keys.generate(algorithm);
      const message = utf8('a message');
      const publicKey = { key: key.publicKey, dsaEncoding: 'ieee-p1363' } as const;
      expect(key.algorithm).toBe(algorithm);
      expect(verify(signatureHash(key.publicKey), message, publicKey, await key.sign(message))).toBe(true);
      const written = createPublicKey(createPrivateKey(key.pkcs8?.reveal() ?? ''));
      expect(written.equals(key.publicKey)).toBe(true);
    });
  }

  suite.rule('two keys differ', async ({ keys }) => {
    const [first, second] = await Promise.all([keys.generate('EC256'), keys.generate('EC256')]);
    expect(first.publicKey.equals(second.publicKey)).toBe(false);
  });

  suite.rule('makes no key once the signal fired', async ({ keys }) => {
    const reason = new EversealError('aborted', 'no key');
    expect(await reasonOf(keys.generate('EC256', AbortSignal.abort(reason)))).toBe(reason);
    expect(await reasonOf(keys.generate('RSA2048', AbortSignal.abort(reason)))).toBe(reason);
  });
}

// ---------------------------------------------------------------- disk

function fileRules(suite: Suite): void {
  suite.rule('what was written is read, and stays the caller’s own', async ({ fs }) => {
    const data = utf8('content');
    await fs.write(suite.path('a'), data, { mode: 0o600 });
    data.fill(0);
    (await fs.read(suite.path('a'))).fill(0);
    expect(fromUtf8(await fs.read(suite.path('a')))).toBe('content');
  });

  suite.rule('a second write replaces the content and keeps the mode', async ({ fs }) => {
    await fs.write(suite.path('a'), utf8('a long first content'), { mode: 0o600 });
    await fs.write(suite.path('a'), utf8('short'), { mode: 0o644 });
    expect(fromUtf8(await fs.read(suite.path('a')))).toBe('short');
    expect(await fs.stat(suite.path('a'))).toMatchObject({ kind: 'file', size: 5, mode: 0o600 });
  });

  suite.rule('new files and folders have exactly the mode asked for', async ({ fs }) => {
    for (const mode of [0o600, 0o640, 0o644, 0o666]) {
      await fs.write(suite.path(`w${mode}`), utf8('x'), { mode });
      await fs.append(suite.path(`a${mode}`), utf8('x'), { mode });
      expect((await fs.stat(suite.path(`w${mode}`)))?.mode).toBe(mode);
      expect((await fs.stat(suite.path(`a${mode}`)))?.mode).toBe(mode);
    }
    await fs.createFolder(suite.path('f/g'), 0o777);
    expect((await fs.stat(suite.path('f')))?.mode).toBe(0o777);
    expect(await fs.stat(suite.path('f/g'))).toMatchObject({ kind: 'folder', mode: 0o777 });
  });

  suite.rule('an existing folder is left as it is', async ({ fs }) => {
    await fs.createFolder(suite.path('f'), 0o700);
    await fs.write(suite.path('f/a'), utf8('x'), { mode: 0o600 });
    await fs.createFolder(suite.path('f'), 0o755);
    expect((await fs.stat(suite.path('f')))?.mode).toBe(0o700);
    expect(await fs.list(suite.path('f'))).toEqual(['a']);
  });

  suite.rule('chmod changes the mode', async ({ fs }) => {
    await fs.write(suite.path('a'), utf8('x'), { mode: 0o644 });
    await fs.chmod(suite.path('a'), 0o400);
    expect((await fs.stat(suite.path('a')))?.mode).toBe(0o400);
  });

  suite.rule('several exclusive writers at once: exactly one wins', async ({ fs }) => {
    const codes = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        codeOf(fs.write(suite.path('lock'), utf8(`holder ${index}`), { mode: 0o600, exclusive: true })),
      ),
    );
    expect(codes.filter((code) => code === 'none')).toHaveLength(1);
    expect(codes.filter((code) => code === 'file-exists')).toHaveLength(7);
    expect(fromUtf8(await fs.read(suite.path('lock')))).toBe(`holder ${codes.indexOf('none')}`);
  });

  suite.rule('appends add up, and none is lost when several append at once', async ({ fs }) => {
    await fs.append(suite.path('log'), utf8('first\n'), { mode: 0o600 });
    await Promise.all(['b', 'c', 'd'].map((line) => fs.append(suite.path('log'), utf8(`${line}\n`), { mode: 0o600 })));
    const lines = fromUtf8(await fs.read(suite.path('log'))).split('\n');
    expect(lines[0]).toBe('first');
    expect([...lines.slice(1)].sort()).toEqual(['', 'b', 'c', 'd']);
  });

  suite.rule('lists the names of a folder', async ({ fs }) => {
    expect(await fs.list(suite.world.temporaryFolder)).toEqual([]);
    await fs.write(suite.path('b'), utf8('x'), { mode: 0o600 });
    await fs.write(suite.path('.a'), utf8('x'), { mode: 0o600 });
    await fs.createFolder(suite.path('c/d'), 0o700);
    expect([...(await fs.list(suite.world.temporaryFolder))].sort()).toEqual(['.a', 'b', 'c']);
  });

  suite.rule('rename replaces, and another file of a name has another inode', async ({ fs }) => {
    await fs.write(suite.path('old'), utf8('old'), { mode: 0o600 });
    await fs.write(suite.path('new'), utf8('new'), { mode: 0o644 });
    const before = await fs.stat(suite.path('old'));
    await fs.rename(suite.path('new'), suite.path('old'));
    const after = await fs.stat(suite.path('old'));
    expect(fromUtf8(await fs.read(suite.path('old')))).toBe('new');
    expect(after?.mode).toBe(0o644);
    expect(after?.inode).not.toBe(before?.inode);
    expect(await fs.list(suite.world.temporaryFolder)).toEqual(['old']);
  });

  suite.rule('a folder can be renamed with what is in it', async ({ fs }) => {
    await fs.createFolder(suite.path('f'), 0o700);
    await fs.write(suite.path('f/a'), utf8('x'), { mode: 0o600 });
    await fs.rename(suite.path('f'), suite.path('g'));
    expect(fromUtf8(await fs.read(suite.path('g/a')))).toBe('x');
    expect(await fs.stat(suite.path('f'))).toBeUndefined();
  });

  suite.rule('a linked file has two names and lives until the last one goes', async ({ fs }) => {
    await fs.write(suite.path('a'), utf8('x'), { mode: 0o600 });
    await fs.link(suite.path('a'), suite.path('b'));
    expect((await fs.stat(suite.path('b')))?.inode).toBe((await fs.stat(suite.path('a')))?.inode);
    await fs.remove(suite.path('a'));
    expect(fromUtf8(await fs.read(suite.path('b')))).toBe('x');
  });

  suite.rule('a symbolic link is followed by read and stat, not by lstat and remove', async ({ fs }) => {
    await fs.write(suite.path('target'), utf8('x'), { mode: 0o600 });
    await fs.symlink('target', suite.path('link'));
    expect(await fs.readLink(suite.path('link'))).toBe('target');
    expect(fromUtf8(await fs.read(suite.path('link')))).toBe('x');
    expect((await fs.stat(suite.path('link')))?.kind).toBe('file');
    expect((await fs.lstat(suite.path('link')))?.kind).toBe('link');
    await fs.remove(suite.path('link'));
    expect(await fs.list(suite.world.temporaryFolder)).toEqual(['target']);
  });

  suite.rule('a symbolic link to nothing is there for lstat only', async ({ fs }) => {
    await fs.symlink('nowhere', suite.path('link'));
    expect(await fs.stat(suite.path('link'))).toBeUndefined();
    expect((await fs.lstat(suite.path('link')))?.kind).toBe('link');
  });

  suite.rule('the time of a change is that of the clock', async ({ fs, clock }) => {
    const before = clock.now().getTime();
    await fs.write(suite.path('a'), utf8('x'), { mode: 0o600 });
    const modified = (await fs.stat(suite.path('a')))?.modified ?? 0;
    expect(Math.abs(modified - before)).toBeLessThan(10_000);
  });

  suite.rule('removing what is missing is fine', async ({ fs }) => {
    await fs.remove(suite.path('missing'));
    expect(await fs.stat(suite.path('missing'))).toBeUndefined();
    expect(await fs.lstat(suite.path('missing/below'))).toBeUndefined();
  });

  suite.rule('an empty folder can be removed, a full one not', async ({ fs }) => {
    await fs.createFolder(suite.path('f'), 0o700);
    await fs.write(suite.path('f/a'), utf8('x'), { mode: 0o600 });
    expect(await codeOf(fs.removeFolder(suite.path('f')))).toBe('folder-not-empty');
    await fs.remove(suite.path('f/a'));
    await fs.removeFolder(suite.path('f'));
    expect(await fs.stat(suite.path('f'))).toBeUndefined();
  });

  suite.rule('failures say what kind they are', async ({ fs }) => {
    const data = utf8('x');
    await fs.write(suite.path('file'), data, { mode: 0o600 });
    await fs.createFolder(suite.path('folder'), 0o700);
    const failures: readonly (readonly [expected: string, work: Promise<unknown>])[] = [
      ['file-not-found', fs.read(suite.path('missing'))],
      ['file-not-found', fs.list(suite.path('missing'))],
      ['file-not-found', fs.sync(suite.path('missing'))],
      ['file-not-found', fs.chmod(suite.path('missing'), 0o600)],
      ['file-not-found', fs.readLink(suite.path('missing'))],
      ['file-not-found', fs.rename(suite.path('missing'), suite.path('b'))],
      ['file-not-found', fs.link(suite.path('missing'), suite.path('b'))],
      ['file-not-found', fs.write(suite.path('missing/a'), data, { mode: 0o600 })],
      ['file-not-found', fs.append(suite.path('missing/a'), data, { mode: 0o600 })],
      ['not-a-folder', fs.list(suite.path('file'))],
      ['not-a-folder', fs.write(suite.path('file/a'), data, { mode: 0o600 })],
      ['not-a-folder', fs.createFolder(suite.path('file/a'), 0o700)],
      ['is-a-folder', fs.read(suite.path('folder'))],
      ['is-a-folder', fs.write(suite.path('folder'), data, { mode: 0o600 })],
      ['file-exists', fs.link(suite.path('file'), suite.path('folder'))],
      ['file-exists', fs.symlink('target', suite.path('file'))],
      ['file-exists', fs.createFolder(suite.path('file'), 0o700)],
    ];
    const codes = await Promise.all(failures.map(([, work]) => codeOf(work)));
    expect(codes).toEqual(failures.map(([expected]) => expected));
  });

  suite.rule('a failure names the path', async ({ fs }) => {
    expect(String(await reasonOf(fs.read(suite.path('missing'))))).toContain(suite.path('missing'));
  });
}

function durableFileRules(suite: Suite): void {
  suite.rule('replaceFile makes and replaces a file and leaves nothing else behind', async (disk) => {
    await replaceFile(disk, suite.path('a'), utf8('one'), 0o600);
    await replaceFile(disk, suite.path('a'), utf8('two'), 0o640);
    expect(fromUtf8(await disk.fs.read(suite.path('a')))).toBe('two');
    expect((await disk.fs.stat(suite.path('a')))?.mode).toBe(0o640);
    expect(await disk.fs.list(suite.world.temporaryFolder)).toEqual(['a']);
  });

  suite.rule('readers beside a replaceFile see one content or the other', async (disk) => {
    const contents = ['1'.repeat(5_000), '2'.repeat(9_000)];
    await replaceFile(disk, suite.path('a'), utf8(contents[0] ?? ''), 0o600);
    const reads = Array.from({ length: 6 }, () => disk.fs.read(suite.path('a')));
    const [, ...seen] = await Promise.all([
      replaceFile(disk, suite.path('a'), utf8(contents[1] ?? ''), 0o600),
      ...reads.map((read) => read.then(fromUtf8)),
    ]);
    for (const content of seen) expect(contents).toContain(content);
  });

  suite.rule('createFile at once by several: one makes it, the others learn so', async (disk) => {
    const made = await Promise.all(
      ['a', 'b', 'c', 'd'].map((who) => createFile(disk, suite.path('lock'), utf8(who), 0o600)),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(fromUtf8(await disk.fs.read(suite.path('lock')))).toBe('abcd'[made.indexOf(true)]);
    expect(await disk.fs.list(suite.world.temporaryFolder)).toEqual(['lock']);
  });

  suite.rule('a replaceFile that fails leaves the folder as it was', async (disk) => {
    await disk.fs.createFolder(suite.path('a/b'), 0o700);
    expect(await codeOf(replaceFile(disk, suite.path('a'), utf8('x'), 0o600))).not.toBe('none');
    expect(await disk.fs.list(suite.world.temporaryFolder)).toEqual(['a']);
    expect(await readIfExists(disk.fs, suite.path('missing'))).toBeUndefined();
  });
}

// ---------------------------------------------------------------- HTTP

function httpRules(suite: Suite): void {
  suite.rule('carries method, path, headers and body, and the reply back', async ({ http }) => {
    const origin = await suite.serve(async (request) => {
      const url = new URL(request.url);
      const seen = [
        request.method,
        url.host,
        url.pathname + url.search,
        request.headers.get('x-a'),
        await request.text(),
      ];
      return new Response(JSON.stringify(seen), { status: 201, headers: { 'Content-Type': 'text/x', 'X-B': 'b' } });
    });
    const headers = { 'x-a': '1, 2', 'content-type': 'text/plain' };
    const reply = await http.request({ method: 'POST', url: `${origin}/a/b?c=d`, headers, body: 'grüße' });
    expect(reply.status).toBe(201);
    expect(reply.headers.get('content-type')).toEqual(['text/x']);
    expect(reply.headers.get('x-b')).toEqual(['b']);
    expect(JSON.parse(fromUtf8(reply.body))).toEqual(['POST', new URL(origin).host, '/a/b?c=d', '1, 2', 'grüße']);
  });

  suite.rule('octets arrive as they were sent, in both directions', async ({ http }) => {
    const octets = Uint8Array.from({ length: 256 }, (_, index) => index);
    const origin = await suite.serve(async (request) => new Response(await request.arrayBuffer()));
    const reply = await http.request({ method: 'PUT', url: origin, body: octets });
    expect([...reply.body]).toEqual([...octets]);
  });

  suite.rule('HEAD gives headers and no body', async ({ http }) => {
    const origin = await suite.serve(
      async (request) => new Response(null, { headers: { 'x-method': request.method } }),
    );
    const reply = await http.request({ method: 'HEAD', url: origin });
    expect(reply.headers.get('x-method')).toEqual(['HEAD']);
    expect(reply.body).toHaveLength(0);
  });

  suite.rule('a header sent twice stays two values', async ({ http }) => {
    const origin = await suite.serve(async () => {
      const headers = new Headers([
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ]);
      return new Response('x', { headers });
    });
    const reply = await http.request({ method: 'GET', url: origin });
    expect(reply.headers.get('set-cookie')).toEqual(['a=1', 'b=2']);
  });

  suite.rule('a redirect is a reply like any other', async ({ http }) => {
    let requests = 0;
    const origin = await suite.serve(async () => {
      requests += 1;
      return new Response(null, { status: 302, headers: { location: '/elsewhere' } });
    });
    const reply = await http.request({ method: 'GET', url: origin });
    expect(reply.status).toBe(302);
    expect(reply.headers.get('location')).toEqual(['/elsewhere']);
    expect(requests).toBe(1);
  });

  suite.rule('an error status is a reply, and a compressed body stays compressed', async ({ http }) => {
    const origin = await suite.serve(
      async () => new Response('not gzip', { status: 503, headers: { 'content-encoding': 'gzip' } }),
    );
    const reply = await http.request({ method: 'GET', url: origin });
    expect([reply.status, fromUtf8(reply.body)]).toEqual([503, 'not gzip']);
  });

  suite.rule('connectTo leads elsewhere while the Host stays the URL’s', async ({ http }) => {
    const origin = new URL(await suite.serve(async (request) => new Response(new URL(request.url).host)));
    const connectTo = { host: suite.world.address, port: Number(origin.port) };
    const reply = await http.request({ method: 'GET', url: 'http://nowhere.sim.test:81/', connectTo });
    expect(fromUtf8(reply.body)).toBe('nowhere.sim.test:81');
  });

  suite.rule('many requests run at once', async ({ http }) => {
    const origin = await suite.serve(async (request) => new Response(new URL(request.url).pathname));
    const paths = Array.from({ length: 24 }, (_, index) => `/${index}`);
    const replies = await Promise.all(paths.map((path) => http.request({ method: 'GET', url: origin + path })));
    expect(replies.map((reply) => fromUtf8(reply.body))).toEqual(paths);
  });

  suite.rule('a handler that throws answers with status 500', async ({ http }) => {
    const origin = await suite.serve(async () => {
      throw new EversealError('io', 'a secret of the handler');
    });
    const reply = await http.request({ method: 'GET', url: origin });
    expect(reply.status).toBe(500);
    expect(fromUtf8(reply.body)).not.toContain('secret');
  });
}

function endlessBody(): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new Uint8Array(1000));
    },
  });
}

/** Gives one piece, then fails. */
function brokenBody(): ReadableStream<Uint8Array> {
  let pulls = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      pulls += 1;
      if (pulls > 3) controller.error(new EversealError('io', 'the body broke'));
      else controller.enqueue(utf8(`piece ${pulls}`));
    },
  });
}

function brokenHttpRules(suite: Suite): void {
  const get = (url: string, more: Partial<HttpRequest> = {}): Promise<HttpResponse> =>
    suite.ports.http.request({ method: 'GET', url, ...more });

  suite.rule('a body up to the cap is taken, a longer one is not', async () => {
    const origin = await suite.serve(
      async (request) => new Response('x'.repeat(Number(new URL(request.url).pathname.slice(1)))),
    );
    expect((await get(`${origin}/1000`, { maxBodyBytes: 1000 })).body).toHaveLength(1000);
    expect(await codeOf(get(`${origin}/1001`, { maxBodyBytes: 1000 }))).toBe('reply-too-large');
  });

  suite.rule('a body without an end is cut off at the cap', async () => {
    const origin = await suite.serve(async () => new Response(endlessBody()));
    expect(await codeOf(get(origin, { maxBodyBytes: 50_000 }))).toBe('reply-too-large');
  });

  suite.rule('a server that never answers is given up in time', async () => {
    const origin = await suite.serve(() => never());
    expect(await codeOf(get(origin, { timeoutMs: 30 }))).toBe('timeout');
  });

  suite.rule('a body that never ends by itself is given up in time', async () => {
    const origin = await suite.serve(
      async () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(utf8('begin')) })),
    );
    expect(await codeOf(get(origin, { timeoutMs: 60 }))).toBe('timeout');
  });

  suite.rule('the caller’s signal ends it with its reason', async ({ clock }) => {
    const origin = await suite.serve(() => never());
    const stop = new AbortController();
    const reason = new EversealError('aborted', 'no longer wanted');
    const request = reasonOf(get(origin, { signal: stop.signal }));
    await clock.sleep(20);
    stop.abort(reason);
    expect(await request).toBe(reason);
  });

  suite.rule('nothing is sent once the signal fired', async ({ clock }) => {
    let requests = 0;
    const origin = await suite.serve(async () => {
      requests += 1;
      return new Response('x');
    });
    const reason = new EversealError('aborted', 'no longer wanted');
    expect(await reasonOf(get(origin, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    await clock.sleep(10);
    expect(requests).toBe(0);
  });

  suite.rule('a reply cut off in its middle is a connection-reset', async () => {
    const origin = await suite.serve(async () => new Response(brokenBody()));
    expect(await codeOf(get(origin))).toBe('connection-reset');
  });

  suite.rule('a request cut off before its reply is a connection-reset', async ({ clock, net }) => {
    let arrived = false;
    const handler: FetchHandler = () => {
      arrived = true;
      return never();
    };
    const listener = await net.serveHttp({ address: { host: suite.world.address, port: 0 }, handler });
    const request = codeOf(get(`http://${suite.world.address}:${portOf(listener)}`));
    while (!arrived) await clock.sleep(1);
    await listener.close();
    expect(await request).toBe('connection-reset');
  });

  suite.rule('where nobody listens the connection is refused, and the message says where', async ({ net }) => {
    const address = { host: suite.world.address, port: 0 };
    const listener = await net.serveHttp({ address, handler: async () => new Response('x') });
    await listener.close();
    await listener.close();
    const port = portOf(listener);
    const request = get(`http://${suite.world.address}:${port}`);
    expect(await codeOf(request)).toBe('connection-refused');
    expect(String(await reasonOf(request))).toContain(`${suite.world.address}:${port}`);
  });

  suite.rule('a name that does not exist is not found', async () => {
    expect(await codeOf(get('http://missing.invalid/'))).toBe('name-not-found');
  });
}

function httpsRules(suite: Suite): void {
  async function serveSecurely(seen: (string | undefined)[] = []): Promise<number> {
    return suite.listening(
      suite.ports.net.serveHttp({
        address: { host: suite.world.address, port: 0 },
        handler: async (request) => new Response(request.url),
        identity: (serverName) => {
          seen.push(serverName);
          return leafIdentity;
        },
      }),
    );
  }

  function get(port: number, host: string, tls: HttpRequest['tls']): Promise<HttpResponse> {
    const connectTo = { host: suite.world.address, port };
    return suite.ports.http.request({ method: 'GET', url: `https://${host}/`, connectTo, ...(tls && { tls }) });
  }

  suite.rule('a certificate of a given root is trusted', async () => {
    const seen: (string | undefined)[] = [];
    const port = await serveSecurely(seen);
    const reply = await get(port, 'Web.SIM.test', { roots: [testRoot] });
    expect(fromUtf8(reply.body)).toBe('https://web.sim.test/');
    expect(seen).toEqual(['web.sim.test']);
  });

  suite.rule('a root among several, also beside the system’s', async () => {
    const port = await serveSecurely();
    const tls = { roots: [otherRoot, testRoot], systemRoots: true };
    expect((await get(port, 'web.sim.test', tls)).status).toBe(200);
  });

  suite.rule('another root is not', async () => {
    const port = await serveSecurely();
    expect(await codeOf(get(port, 'web.sim.test', { roots: [otherRoot] }))).toBe('tls');
    expect(await codeOf(get(port, 'web.sim.test', undefined))).toBe('tls');
  });

  suite.rule('trust given for one request is not there for the next', async () => {
    const port = await serveSecurely();
    expect((await get(port, 'web.sim.test', { roots: [testRoot] })).status).toBe(200);
    expect(await codeOf(get(port, 'web.sim.test', undefined))).toBe('tls');
    expect((await get(port, 'web.sim.test', { insecure: true })).status).toBe(200);
    expect(await codeOf(get(port, 'web.sim.test', { roots: [otherRoot] }))).toBe('tls');
  });

  suite.rule('a certificate for another name is not accepted, unless that name is the expected one', async () => {
    const port = await serveSecurely();
    expect(await codeOf(get(port, 'web.elsewhere.test', { roots: [testRoot] }))).toBe('tls');
    const tls = { roots: [testRoot], serverName: 'web.sim.test' };
    expect((await get(port, 'web.elsewhere.test', tls)).status).toBe(200);
  });

  suite.rule('a handshake for which there is no identity fails', async ({ net }) => {
    const port = await suite.listening(
      net.serveHttp({
        address: { host: suite.world.address, port: 0 },
        handler: async () => new Response('x'),
        identity: (serverName) => (serverName === 'web.sim.test' ? leafIdentity : undefined),
      }),
    );
    expect((await get(port, 'web.sim.test', { roots: [testRoot] })).status).toBe(200);
    expect(await codeOf(get(port, 'other.sim.test', { roots: [testRoot] }))).toBe('tls');
  });

  suite.rule('plain HTTP on the far side is a failure of the handshake', async () => {
    const origin = new URL(await suite.serve(async () => new Response('x')));
    expect(await codeOf(get(Number(origin.port), 'web.sim.test', { roots: [testRoot] }))).toBe('tls');
  });
}

function listenerRules(suite: Suite): void {
  const handler: FetchHandler = async () => new Response('x');

  suite.rule('a port is given to one listener only', async ({ net }) => {
    const port = await suite.listening(net.serveHttp({ address: { host: suite.world.address, port: 0 }, handler }));
    const address = { host: suite.world.address, port };
    expect(await codeOf(net.serveHttp({ address, handler }))).toBe('port-in-use');
    expect(await codeOf(net.serveTls({ address, select: () => undefined }))).toBe('port-in-use');
    expect(await codeOf(net.serveDns({ address, handler: async () => undefined }))).toBe('port-in-use');
  });

  suite.rule('a closed listener gives its port back', async ({ net }) => {
    const first = await net.serveHttp({ address: { host: suite.world.address, port: 0 }, handler });
    await first.close();
    await suite.listening(net.serveHttp({ address: { host: suite.world.address, port: portOf(first) }, handler }));
  });

  suite.rule('an empty host means every address', async ({ net, http }) => {
    const port = await suite.listening(net.serveHttp({ address: { host: '', port: 0 }, handler }));
    const reply = await http.request({ method: 'GET', url: `http://${suite.world.address}:${port}/` });
    expect(reply.status).toBe(200);
  });
}

// ---------------------------------------------------------------- TLS, DNS, streams, names

function alpnRules(suite: Suite): void {
  const select: ServeTlsOptions['select'] = (serverName, protocols) =>
    serverName === 'web.sim.test' && protocols.includes('acme-tls/1')
      ? { identity: leafIdentity, protocol: 'acme-tls/1' }
      : undefined;

  async function probe(serverName: string, protocols: readonly string[], server = select) {
    const port = await suite.listening(
      suite.ports.net.serveTls({ address: { host: suite.world.address, port: 0 }, select: server }),
    );
    const address = { host: suite.world.address, port };
    return suite.ports.net.probeTls({ address, serverName, protocols, timeoutMs: 2_000 });
  }

  suite.rule('the chosen protocol and certificate are shown', async () => {
    const seen = await probe('web.sim.test', ['acme-tls/1']);
    expect(seen.protocol).toBe('acme-tls/1');
    expect([...seen.certificate]).toEqual([...new X509Certificate(leafIdentity.chain).raw]);
  });

  suite.rule('one protocol of several is chosen', async () => {
    expect((await probe('web.sim.test', ['h2', 'acme-tls/1', 'http/1.1'])).protocol).toBe('acme-tls/1');
  });

  suite.rule('the server learns name and protocols as offered', async () => {
    const seen: unknown[] = [];
    await probe('Web.Sim.Test', ['h2', 'acme-tls/1'], (serverName, protocols) => {
      seen.push(serverName, [...protocols]);
      return { identity: leafIdentity, protocol: 'acme-tls/1' };
    });
    expect(seen).toEqual(['web.sim.test', ['h2', 'acme-tls/1']]);
  });

  suite.rule('a client of another protocol is refused', async () => {
    expect(await codeOf(probe('web.sim.test', ['h2']))).toBe('tls');
  });

  suite.rule('a client without any protocol is refused', async () => {
    expect(await codeOf(probe('web.sim.test', []))).toBe('tls');
  });

  suite.rule('a client without any protocol is refused whatever the server selects', async () => {
    const any: ServeTlsOptions['select'] = () => ({ identity: leafIdentity, protocol: 'acme-tls/1' });
    expect(await codeOf(probe('web.sim.test', [], any))).toBe('tls');
  });

  suite.rule('another name is refused', async () => {
    expect(await codeOf(probe('other.sim.test', ['acme-tls/1']))).toBe('tls');
  });

  suite.rule('an HTTPS server may be probed as well', async ({ net }) => {
    const port = await suite.listening(
      net.serveHttp({
        address: { host: suite.world.address, port: 0 },
        handler: async () => new Response('x'),
        identity: () => leafIdentity,
      }),
    );
    const address = { host: suite.world.address, port };
    const seen = await net.probeTls({ address, serverName: 'web.sim.test', protocols: [], timeoutMs: 2_000 });
    expect([...seen.certificate]).toEqual([...new X509Certificate(leafIdentity.chain).raw]);
  });
}

/** The message with one octet more than it came with: the first two, a DNS message's ID, are kept. */
function answered(message: Uint8Array, octet: number): Uint8Array {
  return Uint8Array.from([...message, octet]);
}

const dnsMessage = Uint8Array.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1]);

function dnsRules(suite: Suite): void {
  suite.rule('messages go by UDP and TCP on one port', async ({ net }) => {
    const seen: string[] = [];
    const port = await suite.listening(
      net.serveDns({
        address: { host: suite.world.address, port: 0 },
        handler: async (message, transport) => {
          seen.push(transport);
          return answered(message, transport === 'udp' ? 1 : 2);
        },
      }),
    );
    const address = { host: suite.world.address, port };
    const udp = await net.exchangeDns({ address, transport: 'udp', message: dnsMessage, timeoutMs: 2_000 });
    const tcp = await net.exchangeDns({ address, transport: 'tcp', message: dnsMessage, timeoutMs: 2_000 });
    expect([...udp]).toEqual([...answered(dnsMessage, 1)]);
    expect([...tcp]).toEqual([...answered(dnsMessage, 2)]);
    expect(seen).toEqual(['udp', 'tcp']);
  });

  suite.rule('a long message fits TCP', async ({ net }) => {
    const long = new Uint8Array(65_000).fill(7);
    const port = await suite.listening(
      net.serveDns({ address: { host: suite.world.address, port: 0 }, handler: async (message) => message }),
    );
    const address = { host: suite.world.address, port };
    const reply = await net.exchangeDns({ address, transport: 'tcp', message: long, timeoutMs: 5_000 });
    expect(reply).toHaveLength(65_000);
  });

  for (const transport of ['udp', 'tcp'] as const) {
    suite.rule(`a server that stays silent by ${transport} is given up in time`, async ({ net }) => {
      const port = await suite.listening(
        net.serveDns({ address: { host: suite.world.address, port: 0 }, handler: async () => undefined }),
      );
      const address = { host: suite.world.address, port };
      expect(await codeOf(net.exchangeDns({ address, transport, message: dnsMessage, timeoutMs: 30 }))).toBe('timeout');
    });
  }

  suite.rule('the caller’s signal ends an exchange with its reason', async ({ net, clock }) => {
    const port = await suite.listening(
      net.serveDns({ address: { host: suite.world.address, port: 0 }, handler: () => never() }),
    );
    const address = { host: suite.world.address, port };
    const stop = new AbortController();
    const reason = new EversealError('aborted', 'no longer wanted');
    const { signal } = stop;
    const exchange = reasonOf(
      net.exchangeDns({ address, transport: 'udp', message: dnsMessage, timeoutMs: 60_000, signal }),
    );
    await clock.sleep(10);
    stop.abort(reason);
    expect(await exchange).toBe(reason);
  });
}

/** Byte streams are tried on the DNS server: two octets of length, then the message (RFC 1035 §4.2.2). */
function streamRules(suite: Suite): void {
  async function open() {
    const port = await suite.listening(
      suite.ports.net.serveDns({
        address: { host: suite.world.address, port: 0 },
        handler: async (message) => (message.length > 2 ? message : undefined),
      }),
    );
    return suite.ports.net.connect({ address: { host: suite.world.address, port }, timeoutMs: 2_000 });
  }

  suite.rule('octets go out in pieces and come back in order', async () => {
    const stream = await open();
    const sent = [0, 5, 1, 2, 3, 4, 5, 0, 3, 6, 7, 8];
    await stream.write(Uint8Array.from(sent.slice(0, 1)));
    await stream.write(Uint8Array.from(sent.slice(1, 9)));
    await stream.write(Uint8Array.from(sent.slice(9)));
    const received: number[] = [];
    while (received.length < sent.length) {
      const piece = await stream.read();
      expect(piece).toBeDefined();
      received.push(...(piece ?? []));
    }
    expect(received).toEqual(sent);
    await stream.close();
    await stream.close();
  });

  suite.rule('a read that waits ends with the reason of its signal', async ({ clock }) => {
    const stream = await open();
    const stop = new AbortController();
    const reason = new EversealError('aborted', 'no longer wanted');
    const reading = reasonOf(stream.read(stop.signal));
    await clock.sleep(10);
    stop.abort(reason);
    expect(await reading).toBe(reason);
    await stream.close();
  });

  suite.rule('where nobody listens the connection is refused', async ({ net }) => {
    const listener = await net.serveDns({
      address: { host: suite.world.address, port: 0 },
      handler: async () => undefined,
    });
    await listener.close();
    const address = { host: suite.world.address, port: portOf(listener) };
    expect(await codeOf(net.connect({ address, timeoutMs: 2_000 }))).toBe('connection-refused');
  });
}

function nameRules(suite: Suite): void {
  suite.rule('localhost and all below it are loopback', async ({ net }) => {
    for (const name of ['localhost', 'demo.localhost', 'a.b.LocalHost', 'localhost.']) {
      expect(await net.resolve(name, 4)).toEqual(['127.0.0.1']);
      expect(await net.resolve(name, 6)).toEqual(['::1']);
      expect(await net.resolve(name)).toContain('127.0.0.1');
    }
  });

  suite.rule('an address is its own answer', async ({ net }) => {
    expect(await net.resolve('192.0.2.7')).toEqual(['192.0.2.7']);
    expect(await net.resolve('2001:db8::7')).toEqual(['2001:db8::7']);
    expect(await codeOf(net.resolve('192.0.2.7', 6))).toBe('name-not-found');
  });

  suite.rule('nothing is found below invalid', async ({ net }) => {
    expect(await codeOf(net.resolve('missing.invalid'))).toBe('name-not-found');
  });
}

// ---------------------------------------------------------------- programs and host

function programRules(suite: Suite): void {
  suite.rule(
    'arguments, input, environment and folder reach the program, and its lines come back',
    async ({ spawn }) => {
      const lines: string[] = [];
      const result = await spawn({
        argv: [...suite.world.programs.echo, 'a b', '$HOME;*', ''],
        env: { GREETING: 'hello' },
        cwd: suite.world.temporaryFolder,
        input: 'first\r\nsecond\n\nlast',
        timeoutMs: 20_000,
        onLine: (line, from) => lines.push(`${from} ${line}`),
      });
      expect(result).toEqual({ exitCode: 0, timedOut: false });
      const from = (source: string) => lines.filter((line) => line.startsWith(source)).map((line) => line.slice(7));
      expect(from('stdout')).toEqual(['a b', '$HOME;*', '', 'first', 'second', '', 'last']);
      expect(from('stderr')).toEqual(['hello', suite.world.temporaryFolder]);
    },
  );

  suite.rule('the environment is nothing but what was given', async ({ spawn }) => {
    const lines: string[] = [];
    await spawn({
      argv: suite.world.programs.echo,
      env: {},
      cwd: suite.world.temporaryFolder,
      timeoutMs: 20_000,
      onLine: (line) => lines.push(line),
    });
    expect(lines).toEqual(['', suite.world.temporaryFolder]);
  });

  suite.rule('a failing program is a result, not a failure', async ({ spawn }) => {
    const result = await spawn({ argv: suite.world.programs.fail, env: {}, timeoutMs: 20_000 });
    expect(result).toEqual({ exitCode: 3, timedOut: false });
  });

  suite.rule('a program that does not end is killed in time', async ({ spawn }) => {
    const result = await spawn({ argv: suite.world.programs.hang, env: {}, timeoutMs: 100 });
    expect(result).toEqual({ exitCode: undefined, timedOut: true });
  });

  suite.rule('the caller’s signal kills it and rejects with the reason', async ({ spawn }) => {
    const stop = new AbortController();
    const reason = new EversealError('aborted', 'no longer wanted');
    const running = spawn({
      argv: suite.world.programs.hang,
      env: {},
      timeoutMs: 60_000,
      signal: stop.signal,
      onLine: () => stop.abort(reason),
    });
    expect(await reasonOf(running)).toBe(reason);
  });

  suite.rule('a program that does not exist is not found', async ({ spawn }) => {
    const argv = [suite.path('no-such-program')] as const;
    expect(await codeOf(spawn({ argv, env: {}, timeoutMs: 1_000 }))).toBe('program-not-found');
  });
}

function hostRules(suite: Suite): void {
  suite.rule('this process is alive, and the same each time it is asked for', async ({ host }) => {
    const identity = await host.identity();
    expect(await host.identity()).toEqual(identity);
    expect(await host.isAlive(identity)).toBe('alive');
  });

  suite.rule('a reused pid is not the process that had it', async ({ host }) => {
    const identity = await host.identity();
    expect(await host.isAlive({ ...identity, startTime: `${identity.startTime}0` })).toBe('dead');
  });

  suite.rule('of another boot or PID namespace nothing is known', async ({ host }) => {
    const identity = await host.identity();
    expect(await host.isAlive({ ...identity, bootId: 'another' })).toBe('unknown');
    expect(await host.isAlive({ ...identity, pidNamespace: 'another' })).toBe('unknown');
  });
}
