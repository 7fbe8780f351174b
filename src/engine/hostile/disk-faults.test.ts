import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type DiskFault, World } from '../../../sim/index.ts';
import { Town } from '../../../sim/town.ts';
import type { FileSystem } from '../../core/index.ts';
import { readCertificateChain } from '../../pki/index.ts';

type DiskOperation = keyof FileSystem;

const growing: readonly DiskOperation[] = ['write', 'append', 'createFolder', 'link', 'symlink'];

/** Each fault at every `stride`-th change of the disk that it can hit, for that change alone or from there on. */
const campaigns: readonly (readonly [fault: DiskFault, stride: number])[] = [
  [{ code: 'disk-full', operations: growing }, 1],
  [{ code: 'disk-full', operations: growing, times: 1 }, 3],
  [{ code: 'permission' }, 9],
  [{ code: 'io', times: 1 }, 9],
];
const mostChanges = 200;

async function open(): Promise<Town> {
  const world = new World({ seed: 'disk faults', limitMs: 1e12, effectLimit: 1_000_000 });
  const town = await world.drive(Town.build(world));
  await world.drive(town.visit((client) => client.run([client.spec(['www.example'])])));
  return town;
}

/** What the run came to, and whether the fault came to pass at all. */
async function renewWith(town: Town, fault: DiskFault): Promise<{ outcome: string; struck: boolean }> {
  const { disk } = town.web;
  const sentinel: { struck: boolean } = { struck: false };
  const lift = disk.faults.add(fault);
  const watched = disk.faults.strike.bind(disk.faults);
  disk.faults.strike = (operation, path) => {
    const failure = watched(operation, path);
    sentinel.struck ||= failure !== undefined;
    return failure;
  };
  const outcome = await town
    .visit(async (client) => {
      const report = await client.run([client.spec(['www.example'])], { force: true });
      return report.certificates[0]?.error?.code ?? report.certificates[0]?.outcome ?? 'nothing';
    })
    .catch((error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)));
  lift();
  disk.faults.strike = watched;
  return { outcome, struck: sentinel.struck };
}

async function serialOf(town: Town): Promise<string | undefined> {
  return town.visit(async ({ stores: { certificates } }) => {
    const stored = await certificates.load('www.example');
    const material = await certificates.read('www.example');
    const [leaf] = readCertificateChain(material?.chain ?? '');
    const own = createPublicKey(createPrivateKey(material?.key?.reveal() ?? ''));
    expect(leaf?.publicKey.equals(own)).toBe(true);
    expect(leaf?.fingerprint).toBe(stored?.facts.fingerprint);
    return leaf?.fingerprint;
  });
}

describe('a disk that fails at one change after another', () => {
  it.each(campaigns)(
    '%j at every %d. change: the old certificate or the new one, never half',
    async (fault, stride) => {
      const { code } = fault;
      const town = await open();
      const outcomes = new Set<string>();
      for (let skip = 0; skip < mostChanges; skip += stride) {
        const { outcome, struck } = await town.world.drive(
          (async () => {
            const old = await serialOf(town);
            const made = await renewWith(town, { ...fault, skip });
            expect([code, 'issued']).toContain(made.outcome);
            const now = await serialOf(town);
            if (made.outcome === 'issued') expect(now).not.toBe(old);
            return made;
          })(),
        );
        outcomes.add(outcome);
        if (!struck) break;
      }
      expect(outcomes).toEqual(new Set([code, 'issued']));
    },
  );
});
