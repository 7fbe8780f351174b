import { describe, expect, it } from 'vitest';
import { fromUtf8, type HttpRequest, hasCode, type Ports } from '../src/core/index.ts';
import type { Machine } from './machine.ts';
import type { Weather } from './weather.ts';
import { World } from './world.ts';

/** A counting server on one machine and a client on another. */
class Couple {
  readonly world: World;
  readonly server: Machine;
  readonly client: Machine;
  served = 0;

  constructor(seed: string, weather: Weather = {}) {
    this.world = new World({ seed, weather });
    this.server = this.world.machine({ name: 'server', hostNames: ['www.test'] });
    this.client = this.world.machine({ name: 'client' });
    const handler = async () => {
      this.served += 1;
      return new Response(`visit ${this.served}`);
    };
    const address = { host: '', port: 80 };
    this.world.network.listen(this.server, address, { kind: 'http', handler });
  }

  /** What the client's requests come to: the body or the code of the failure. */
  async ask(count: number, more: Partial<HttpRequest> = {}): Promise<string[]> {
    const results: string[] = [];
    const main = async ({ http, clock }: Ports) => {
      for (let n = 0; n < count; n += 1) {
        await clock.sleep(1);
        const reply = http.request({ method: 'POST', url: 'http://www.test/', timeoutMs: 1000, ...more });
        const settled = await reply.then(
          ({ body }) => fromUtf8(body),
          (error: unknown) =>
            hasCode(error, 'timeout', 'connection-reset', 'connection-refused') ? error.code : String(error),
        );
        results.push(settled);
      }
    };
    await this.world.drive(this.world.boot({ machine: this.client, name: 'browser', main }).exited);
    await this.world.drive(this.world.sleep(1000));
    return results;
  }
}

describe('a request', () => {
  it('reaches a handler on another machine by name', async () => {
    expect(await new Couple('a').ask(2)).toEqual(['visit 1', 'visit 2']);
  });

  it('that is lost ends by its deadline, and the server never saw it', async () => {
    const couple = new Couple('a');
    couple.world.network.script({ mishap: 'lost', match: /www\.test/ });
    expect(await couple.ask(2)).toEqual(['timeout', 'visit 1']);
  });

  it('whose reply is cut off was done all the same', async () => {
    const couple = new Couple('a');
    couple.world.network.script({ mishap: 'cut', match: /^POST/, skip: 1 });
    expect(await couple.ask(3)).toEqual(['visit 1', 'connection-reset', 'visit 3']);
  });

  it('that is doubled is done twice and answered once', async () => {
    const couple = new Couple('a');
    couple.world.network.script({ mishap: 'doubled', match: /www/ });
    expect((await couple.ask(1))[0]).toMatch(/^visit [12]$/);
    expect(couple.served).toBe(2);
  });

  it('meets every mishap in bad weather, and the seed decides which', async () => {
    const weather = { lost: 0.1, cut: 0.1, replyLost: 0.1, doubled: 0.1, refused: 0.1 };
    const first = await new Couple('storm', weather).ask(60);
    const kinds = new Set(first.map((result) => result.split(' ')[0]));
    expect(kinds).toEqual(new Set(['visit', 'timeout', 'connection-reset', 'connection-refused']));
    expect(await new Couple('storm', weather).ask(60)).toEqual(first);
    expect(await new Couple('another storm', weather).ask(60)).not.toEqual(first);
  });

  it('does not get through a partition, and does after it', async () => {
    const couple = new Couple('a');
    const heal = couple.world.network.partition(couple.server, couple.client);
    expect(await couple.ask(1)).toEqual(['timeout']);
    heal();
    expect(await couple.ask(1)).toEqual(['visit 1']);
  });

  it('finds a server again that was away for a day', async () => {
    const couple = new Couple('a');
    couple.world.network.isolateFor(couple.server, 86_400_000);
    expect(await couple.ask(1)).toEqual(['timeout']);
    await couple.world.drive(couple.world.sleep(86_400_000));
    expect(await couple.ask(1)).toEqual(['visit 1']);
  });

  it('is counted with what came of it', async () => {
    const couple = new Couple('a');
    couple.world.network.script({ mishap: 'refused', match: /www/ });
    await couple.ask(2);
    const seen = couple.world.network.exchanges.map(({ from, method, url, result }) => [from, method, url, result]);
    expect(seen).toEqual([
      ['browser', 'POST', 'http://www.test/', 'connection-refused'],
      ['browser', 'POST', 'http://www.test/', 200],
    ]);
  });

  it('waits in vain for a server that stands still', async () => {
    const world = new World({ seed: 'a' });
    const machine = world.machine({ name: 'www.test' });
    const serve = async ({ net }: Ports) => {
      await net.serveHttp({ address: { host: '', port: 80 }, handler: async () => new Response('late') });
      await new Promise<void>(() => undefined);
    };
    const server = world.boot({ machine, name: 'server', main: serve });
    const results: string[] = [];
    const main = async ({ http }: Ports) => {
      const get = (timeoutMs: number) => http.request({ method: 'GET', url: 'http://www.test/', timeoutMs });
      results.push(await get(1000).then(String, (error) => (hasCode(error, 'timeout') ? 'timeout' : String(error))));
      results.push(await get(20_000).then(({ body }) => fromUtf8(body), String));
    };
    await world.drive(world.sleep(10));
    server.pause(5000);
    await world.drive(world.boot({ machine: world.machine({ name: 'client' }), name: 'client', main }).exited);
    expect(results).toEqual(['timeout', 'late']);
  });
});
