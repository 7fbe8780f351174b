import { describe, expect, it } from 'vitest';
import { World } from '../../sim/index.ts';
import { type EventSink, type EversealError, type Identifier, MemoryAnswers, type Ports } from '../core/index.ts';
import { nodePorts } from '../node/index.ts';
import type { HostMatch } from './host-match.ts';
import { answerHttpChallenge, httpListenerSolver } from './http-01-listener.ts';
import type { ChallengeIntent } from './solver.ts';

const intent: ChallengeIntent = {
  type: 'http-01',
  identifier: { type: 'dns', value: 'www.example' },
  wildcard: false,
  token: 'a-Token_1',
  keyAuthorization: 'a-Token_1.thumbprint',
  accountUrl: 'https://ca.example/acct/1',
};
const signal = new AbortController().signal;

/** Runs the story on a simulated machine named www.example. */
async function onMachine(story: (ports: Ports) => Promise<void>, privileged = true): Promise<void> {
  const world = new World({ seed: 'listener' });
  const machine = world.machine({ name: 'www.example', privileged });
  const exit = await world.drive(world.boot({ machine, name: 'client', main: story }).exited);
  if (exit.how === 'failed') throw exit.error;
}

async function get(ports: Pick<Ports, 'http'>, url: string): Promise<{ status: number; text: string }> {
  const { status, body } = await ports.http.request({ method: 'GET', url });
  return { status, text: Buffer.from(body).toString() };
}

describe('the http-01 listener', () => {
  it('answers while a challenge is presented, and no longer', async () => {
    await onMachine(async (ports) => {
      const solver = httpListenerSolver({ ports, answers: new MemoryAnswers(), addresses: [{ host: '', port: 80 }] });
      const url = `http://www.example/.well-known/acme-challenge/${intent.token}`;
      await solver.prepare(signal);
      expect(await get(ports, url)).toMatchObject({ status: 404 });
      await solver.present([intent], signal);
      expect(await get(ports, url)).toEqual({ status: 200, text: intent.keyAuthorization });
      await solver.cleanup([{ intent }], signal);
      expect(await get(ports, url)).toMatchObject({ status: 404 });
      await solver.close();
      await expect(get(ports, url)).rejects.toMatchObject({ code: 'connection-refused' });
    });
  });

  it('waits as long as it was told before the CA is asked to look', async () => {
    await onMachine(async (ports) => {
      const addresses = [{ host: '', port: 80 }];
      const solver = httpListenerSolver({ ports, answers: new MemoryAnswers(), addresses, delayMs: 3000 });
      const before = ports.clock.monotonic();
      await solver.wait([intent], signal);
      expect(ports.clock.monotonic() - before).toBeGreaterThanOrEqual(3000);
    });
  });

  it('is for names and addresses, not for wildcards', async () => {
    await onMachine(async (ports) => {
      const solver = httpListenerSolver({ ports, answers: new MemoryAnswers(), addresses: [] });
      expect(solver.fits(intent.identifier, false)).toBe(true);
      expect(solver.fits({ type: 'ip', value: '192.0.2.7' }, false)).toBe(true);
      expect(solver.fits(intent.identifier, true)).toBe(false);
    });
  });

  it('listens on several addresses, and on none when one of them is taken', async () => {
    await onMachine(async (ports) => {
      const busy = await ports.net.serveHttp({ address: { host: '', port: 81 }, handler: async () => new Response() });
      const addresses = [80, 81].map((port) => ({ host: '', port }));
      const solver = httpListenerSolver({ ports, answers: new MemoryAnswers(), addresses });
      const failure = await solver.prepare(signal).catch((error: EversealError) => error);
      expect(failure).toMatchObject({ code: 'port-in-use', message: expect.stringContaining('port 81') });
      await expect(get(ports, 'http://www.example/')).rejects.toMatchObject({ code: 'connection-refused' });
      await busy.close();
    });
  });

  it('names all four ways out when this user may not listen on a low port', async () => {
    await onMachine(async (ports) => {
      const solver = httpListenerSolver({ ports, answers: new MemoryAnswers(), addresses: [{ host: '', port: 80 }] });
      const failure = await solver.prepare(signal).catch((error: EversealError) => error);
      expect(failure).toMatchObject({
        code: 'permission',
        next: expect.stringMatching(/setcap.*--http\.address.*webroot.*DNS/),
      });
    }, false);
  });

  it('tries again after a port was taken', async () => {
    await onMachine(async (ports) => {
      const busy = await ports.net.serveHttp({ address: { host: '', port: 80 }, handler: async () => new Response() });
      const solver = httpListenerSolver({ ports, answers: new MemoryAnswers(), addresses: [{ host: '', port: 80 }] });
      await expect(solver.prepare(signal)).rejects.toMatchObject({ code: 'port-in-use' });
      await busy.close();
      await solver.prepare(signal);
      await solver.close();
    });
  });

  it('says which address the machine does not have', async () => {
    const addresses = [{ host: '192.0.2.77', port: 0 }];
    const solver = httpListenerSolver({ ports: nodePorts(), answers: new MemoryAnswers(), addresses });
    await expect(solver.prepare(signal)).rejects.toMatchObject({
      code: 'address-not-available',
      message: expect.stringContaining('192.0.2.77'),
      next: expect.stringContaining('own addresses'),
    });
  });

  it('answers over IPv4 and IPv6 on a real machine', async () => {
    const ports = nodePorts();
    const answers = new MemoryAnswers();
    await answers.put('http-01', intent.token, intent.keyAuthorization);
    const listener = await ports.net.serveHttp({
      address: { host: '', port: 0 },
      handler: (request) => answerHttpChallenge(answers, request),
    });
    const port = listener.addresses[0]?.port;
    for (const host of ['127.0.0.1', '[::1]']) {
      const url = `http://${host}:${port}/.well-known/acme-challenge/${intent.token}`;
      expect(await get(ports, url)).toEqual({ status: 200, text: intent.keyAuthorization });
    }
    await listener.close();
  });
});

describe('a listener that matches hosts', () => {
  const url = `/.well-known/acme-challenge/${intent.token}`;
  const connectTo = { host: 'www.example', port: 80 };

  /** Status of a request for the challenge, and the warnings so far. */
  async function ask(
    match: HostMatch | undefined,
    requests: readonly { readonly host: string; readonly headers?: Record<string, string> }[],
    identifier: Identifier = intent.identifier,
  ): Promise<{ statuses: number[]; warnings: string[] }> {
    const statuses: number[] = [];
    const warnings: string[] = [];
    await onMachine(async (ports) => {
      const events: EventSink = (event) => event.type === 'warning' && warnings.push(event.message);
      const options = { ports, answers: new MemoryAnswers(), addresses: [{ host: '', port: 80 }], events };
      const solver = httpListenerSolver({ ...options, ...(match && { match }) });
      await solver.prepare(signal);
      await solver.present([{ ...intent, identifier }], signal);
      for (const { host, headers = {} } of requests) {
        const reply = await ports.http.request({ method: 'GET', url: `http://${host}${url}`, headers, connectTo });
        statuses.push(reply.status);
      }
      await solver.close();
    });
    return { statuses, warnings };
  }

  it('answers for the challenge’s host only, and warns once of another, with the cure', async () => {
    const { statuses, warnings } = await ask({ header: 'Host' }, [
      { host: 'WWW.Example:80' },
      { host: 'other.example' },
      { host: 'other.example' },
    ]);
    expect(statuses).toEqual([200, 404, 404]);
    expect(warnings).toEqual([expect.stringMatching(/www\.example .*other\.example.*404.*proxy/)]);
  });

  it('answers for any host when it was not told to match', async () => {
    expect(await ask(undefined, [{ host: 'other.example' }])).toEqual({ statuses: [200], warnings: [] });
  });

  it('believes the header that it was told of, and only that', async () => {
    const headers = { 'x-forwarded-host': 'www.example, proxy.example' };
    const requests = [{ host: 'inner.example', headers }, { host: 'www.example' }];
    const { statuses, warnings } = await ask({ header: 'X-Forwarded-Host' }, requests);
    expect(statuses).toEqual([200, 404]);
    expect(warnings).toEqual([expect.stringMatching(/www\.example .*without a host.*X-Forwarded-Host/)]);
  });

  it('knows addresses, too', async () => {
    const identifier = { type: 'ip', value: '2001:db8::1' } as const;
    const requests = [{ host: '[2001:db8:0::1]' }, { host: '[2001:db8::2]' }];
    expect((await ask({ header: '' }, requests, identifier)).statuses).toEqual([200, 404]);
  });

  it('serves what others published for whatever host', async () => {
    await onMachine(async (ports) => {
      const answers = new MemoryAnswers();
      await answers.put('http-01', 'theirs', 'theirs.print');
      const addresses = [{ host: '', port: 80 }];
      const solver = httpListenerSolver({ ports, answers, addresses, match: { header: 'Host' } });
      await solver.prepare(signal);
      expect((await get(ports, 'http://www.example/.well-known/acme-challenge/theirs')).status).toBe(200);
      await solver.close();
    });
  });
});

describe('a request for an answer', () => {
  const answers = new MemoryAnswers();
  const ask = async (path: string, method = 'GET'): Promise<Response> => {
    await answers.put('http-01', intent.token, intent.keyAuthorization);
    return answerHttpChallenge(answers, new Request(`http://www.example${path}`, { method }));
  };

  it('has the key authorization as its body, and HEAD none', async () => {
    const path = `/.well-known/acme-challenge/${intent.token}`;
    expect(await (await ask(path)).text()).toBe(intent.keyAuthorization);
    const head = await ask(path, 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it.each([
    ['/'],
    ['/.well-known/acme-challenge/'],
    ['/.well-known/acme-challenge/unknown'],
    [`/.well-known/acme-challenge/${intent.token}/`],
    [`/.well-known/acme-challenge/x/../../../etc/passwd`],
    [`/.well-known/acme-challenge/%2e%2e%2f${intent.token}`],
    [`/${intent.token}`],
  ])('for %s finds nothing', async (path) => {
    expect((await ask(path)).status).toBe(404);
  });

  it('by POST finds nothing', async () => {
    expect((await ask(`/.well-known/acme-challenge/${intent.token}`, 'POST')).status).toBe(404);
  });
});
