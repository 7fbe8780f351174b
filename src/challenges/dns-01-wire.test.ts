import { describe, expect, it } from 'vitest';
import { World } from '../../sim/index.ts';
import { EversealError, type Ports } from '../core/index.ts';
import { createResolver, type DnsProvider, DnsRecursor, DnsServer, DnsUpdater, DnsZone } from '../dns/index.ts';
import { accountUrl, intentFor, signal } from './dns-fakes.testing.ts';
import { dnsSolver } from './dns-01.ts';
import { dnsPersistSolver } from './dns-persist-01.ts';
import type { ChallengeIntent, Solver } from './solver.ts';

const roots = [{ host: '10.0.0.1', port: 53 }];
const recursor = { host: '10.0.0.53', port: 53 };
const servers: Readonly<Record<string, string>> = { 'example.': '10.0.1.1', 'other.test.': '10.0.2.1' };

const secondary = (host: string) => host.replace(/1$/, '2');

interface Town {
  readonly ports: Ports;
  readonly example: DnsZone;
  readonly other: DnsZone;
  solver(type: 'dns-01' | 'dns-account-01'): Solver;
  persistSolver(): Solver;
}

/** Two zones on two servers each, of which one is late, below a root, a recursor, and a provider that sends updates to the zone's server. */
async function inTown(story: (town: Town) => Promise<void>): Promise<void> {
  const world = new World({ seed: 'dns on the wire' });
  const zones = Object.entries(servers).map(
    ([apex, host]) => new DnsZone(apex, { nameServers: { ns: [host], ns2: [secondary(host)] } }),
  );
  const [example, other] = zones;
  if (example === undefined || other === undefined) throw new Error('two zones are needed');
  const root = new DnsZone('.', { nameServers: { ns: ['10.0.0.1'] } });
  for (const [apex, host] of Object.entries(servers))
    root.delegate(apex, { [`ns.${apex}`]: [host], [`ns2.${apex}`]: [secondary(host)] });
  const boot = (host: string, make: (ports: Ports) => DnsServer) => {
    const machine = world.machine({ name: host, addresses: [host] });
    const up = new Promise<void>((resolve) => {
      const main = async (ports: Ports) => {
        const server = make(ports);
        await server.serve(ports.net, { host: '', port: 53 });
        resolve();
        await new Promise(() => undefined);
      };
      world.boot({ machine, name: host, main });
    });
    return world.drive(up);
  };
  await boot('10.0.0.1', (ports) => new DnsServer({ ports, zones: [root] }));
  for (const zone of zones) {
    const host = servers[zone.apex] ?? '';
    await boot(host, (ports) => new DnsServer({ ports, zones: [zone] }));
    await boot(secondary(host), (ports) => new DnsServer({ ports, zones: [{ zone, lagMs: 4_000 }] }));
  }
  await boot(recursor.host, (ports) => new DnsServer({ ports, recursor: new DnsRecursor({ ports, roots }) }));
  const main = async (ports: Ports) => {
    const resolver = createResolver({ ports, servers: [recursor] });
    const options = { ports, resolver, provider: updating(ports), checks: { authoritative: true, recursive: true } };
    const solver: Town['solver'] = (type) => dnsSolver({ type, ...options });
    await story({ ports, example, other, solver, persistSolver: () => dnsPersistSolver(options) });
  };
  const exit = await world.drive(
    world.boot({ machine: world.machine({ name: 'client' }), name: 'client', main }).exited,
  );
  if (exit.how === 'failed') throw exit.error;
}

function updating(ports: Ports): DnsProvider {
  const updater = (zone: string) => {
    const host = servers[zone];
    if (host === undefined) throw new EversealError('dns-refused', `no server for ${zone}`);
    return new DnsUpdater({ ports, server: { host, port: 53 } });
  };
  return {
    code: 'updating',
    zones: 'needed',
    values: 'many',
    timing: { timeoutMs: 30_000, intervalMs: 1_000 },
    locks: () => [],
    async add(records) {
      for (const record of records) await updater(record.zone).add(record.zone, [{ ttl: 60, ...record }], signal);
      return records.map(() => ({}));
    },
    async remove(records) {
      for (const { record } of records) await updater(record.zone).remove(record.zone, [record], signal);
    },
  };
}

async function solve(solver: Solver, batch: readonly ChallengeIntent[]): Promise<readonly ChallengeIntent[]> {
  const located = (await solver.locate?.(batch, signal)) ?? [];
  await solver.present(located, signal);
  await solver.wait(located, signal);
  return located;
}

describe('on real DNS messages', () => {
  it.each(['dns-01', 'dns-account-01'] as const)(
    '%s: apex and wildcard in one RRset, delegated by CNAME, among foreign values',
    async (type) => {
      await inTown(async ({ ports, example, other, solver }) => {
        const batch = [intentFor(type, 'a.example'), intentFor(type, '*.a.example'), intentFor(type, 'b.example')];
        const subject = solver(type);
        const [apex] = (await subject.locate?.(batch, signal)) ?? [];
        example.add(`${apex?.record?.name ?? ''} TXT "foreign"`);
        const delegated = apex?.record?.name.replace('a.example.', 'b.example.') ?? '';
        example.add(`${delegated} CNAME box.other.test.`);
        await ports.clock.sleep(120_000); // what the resolvers remember of the time before is over
        const before = ports.clock.monotonic();
        const located = await solve(solver(type), batch);
        expect(ports.clock.monotonic() - before).toBeGreaterThan(4_000); // the servers show changes late
        expect(ports.clock.monotonic() - before).toBeLessThan(8_000);
        const values = located.map(({ record }) => record?.value ?? '');
        expect([...example.texts(apex?.record?.name ?? '')].sort()).toEqual(['foreign', values[0], values[1]].sort());
        expect(other.texts('box.other.test.')).toEqual([values[2]]);
        await solver(type).cleanup(
          located.map((intent) => ({ intent })),
          signal,
        );
        expect(example.texts(apex?.record?.name ?? '')).toEqual(['foreign']);
        expect(other.texts('box.other.test.')).toEqual([]);
      });
    },
  );

  it('dns-persist-01: a long record is written in several strings, once', async () => {
    await inTown(async ({ example, persistSolver }) => {
      const long = `${accountUrl}/${'x'.repeat(300)}`;
      const challenge = { 'issuer-domain-names': ['ca.example'], accounturi: long };
      const offer = { challenge, directoryMeta: {}, thumbprint: 'print' };
      const intent = { ...intentFor('dns-persist-01', '*.a.example', offer), accountUrl: long };
      const name = '_validation-persist.a.example.';
      await solve(persistSolver(), [intent]);
      expect(example.texts(name)).toEqual([`ca.example; accounturi=${long}; policy=wildcard`]);
      const serial = example.serial;
      await solve(persistSolver(), [intent, { ...intent, wildcard: false }]);
      expect(example.serial).toBe(serial);
    });
  });
});
