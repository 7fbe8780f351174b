import { describe, expect, it } from 'vitest';
import { leafIdentity, testRoot } from '../src/core/fixtures/tls.ts';
import { EversealError, type Ports } from '../src/core/index.ts';
import { World } from './world.ts';

/** What a client at this virtual time gets from an HTTPS server. */
async function visit(
  start: string,
  prepare: (world: World) => void = () => undefined,
  roots?: string[],
): Promise<string> {
  const world = new World({ seed: 'tls', start: new Date(start) });
  const server = world.machine({ name: 'server', hostNames: ['web.sim.test'] });
  const handler = async () => new Response('x');
  world.network.listen(server, { host: '', port: 443 }, { kind: 'http', handler, identity: () => leafIdentity });
  prepare(world);
  let result = 'nothing';
  const main = async ({ http }: Ports) => {
    const reply = http.request({ method: 'GET', url: 'https://web.sim.test/', ...(roots && { tls: { roots } }) });
    result = await reply.then(String, (error) =>
      error instanceof EversealError ? `${error.code}: ${error.message}. ${error.next}` : 'odd',
    );
  };
  await world.drive(world.boot({ machine: world.machine({ name: 'client' }), name: 'client', main }).exited);
  return result;
}

describe('a certificate', () => {
  it('is judged by virtual time', async () => {
    expect(await visit('2099-12-31T00:00:00Z', undefined, [testRoot])).toBe('[object Object]');
    expect(await visit('2100-01-02T00:00:00Z', undefined, [testRoot])).toMatch(/^tls: .*not valid at this time.*Renew/);
    expect(await visit('1999-12-31T00:00:00Z', undefined, [testRoot])).toMatch(
      /^tls: .*not valid at this time.*Set the clock/,
    );
  });

  it('is trusted by a client of the system’s roots when the world says so', async () => {
    expect(await visit('2030-01-01T00:00:00Z')).toMatch(/^tls: .*no trusted root.*trusted root\.$/);
    expect(await visit('2030-01-01T00:00:00Z', (world) => world.network.tls.systemRoots.push(testRoot))).toBe(
      '[object Object]',
    );
  });
});
