/** What must hold after every row, whatever the server did. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readCertificateChain } from '../../pki/index.ts';
import { nextStepOf } from '../../core/index.ts';
import { reportToJson } from '../report.ts';
import type { HostileRow, HostileTable } from './row.testing.ts';
import { caOrigin, type Scene, Stage } from './stage.testing.ts';

const defaultRequests = 60;
/** The deadline of a certificate in the town, then the order is given up and the answers are removed. */
const defaultMs = 600_000 + 10_000 + 60_000;
const longestMessage = 600;
const longestBackoffMs = 8 * 86_400_000;
/** Control and format characters: escape sequences, line ends, bidirectional overrides. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Turns a table into tests. */
export function judgeAll({ area, rows }: HostileTable): void {
  describe(`hostile server: ${area}`, () => {
    const stage = new Stage(area);
    it.each(rows.map((row) => [row.input, row.expect, row] as const))('%s → %s', async (_input, _expect, row) => {
      judge(row, await stage.play(row));
    });
  });
}

export function judge(row: HostileRow, scene: Scene): void {
  expect({ outcome: scene.outcome, message: scene.error?.message }).toMatchObject({ outcome: row.expect });
  judgeError(row, scene);
  judgeStore(scene);
  judgeEffort(row, scene);
  judgeSecrets(scene);
  expect(Object.keys(Object.prototype)).toEqual([]);
  if (scene.recovery !== undefined) {
    const [after] = scene.recovery.certificates;
    expect({ outcome: after?.outcome, message: after?.error?.message }).toMatchObject({ outcome: 'issued' });
  }
}

function judgeError(row: HostileRow, { error, report, events, endedAt }: Scene): void {
  const shown = [...stringsIn(events), ...stringsIn(report && reportToJson(report))];
  expect(shown.filter((text) => unprintable.test(text))).toEqual([]);
  expect(
    shown.filter((text) => /javascript:|data:text/i.test(text) && text.length < 300 && /^\S+$/.test(text)),
  ).toEqual([]);
  if (row.message !== undefined) expect(error?.message).toMatch(row.message);
  if (error === undefined) return;
  expect(error.message.length).toBeLessThanOrEqual(longestMessage);
  expect(error.message).not.toMatch(unprintable);
  expect(nextStepOf(error)).toMatch(/^\S.*\.$/);
  expect(nextStepOf(error)).not.toMatch(unprintable);
  const next = report?.certificates[0]?.nextAction?.getTime() ?? endedAt;
  expect(next - endedAt).toBeLessThanOrEqual(longestBackoffMs);
}

/** The old certificate or a new one: whole, loadable, with its own key. */
function judgeStore({ outcome, old, stored, material }: Scene): void {
  const [leaf] = readCertificateChain(material?.chain ?? '');
  expect(leaf?.serial).toBe(stored?.facts.serial);
  if (outcome === 'issued') expect(stored?.facts.fingerprint).not.toBe(old.facts.fingerprint);
  else expect(stored?.facts).toEqual(old.facts);
  if (material?.key === undefined) return;
  const own = createPublicKey(createPrivateKey(material.key.reveal()));
  expect(leaf?.publicKey.equals(own)).toBe(true);
}

function judgeEffort(row: HostileRow, { requests, ms }: Scene): void {
  expect(requests.length).toBeLessThanOrEqual(row.requests ?? defaultRequests);
  expect(ms).toBeLessThanOrEqual(row.withinMs ?? defaultMs);
  const strangers = requests.filter(({ url }) => new URL(url).origin !== caOrigin).map(({ url }) => url);
  if (row.elsewhere !== true) expect(strangers).toEqual([]);
  expect(strangers.filter((url) => !url.startsWith('https://elsewhere.test/'))).toEqual([]);
}

function judgeSecrets({ world, events, report, error }: Scene): void {
  expect(world.leaks()).toEqual([]);
  const told = JSON.stringify([events, report, report && reportToJson(report), error?.message, error?.next]);
  expect([...world.secrets].filter((secret) => told.includes(secret))).toEqual([]);
}

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || value instanceof Date) return [];
  return Object.values(value).flatMap(stringsIn);
}
