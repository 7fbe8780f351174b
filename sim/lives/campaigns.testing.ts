/** How `npm test` runs a life: every crash point, and seeds at random; or the one run that a replay line asks for. */
import { describe, expect, it } from 'vitest';
import { runAllCrashes, runAtRandom } from '../campaign.ts';
import { environment } from '../environment.ts';
import { type Life, runLife } from '../life.ts';
import { readReplay } from '../replay.ts';
import type { Town } from '../town.ts';
import { climateOf } from '../weather.ts';

export interface Campaigns {
  /** Processes to crash at every one of their effects. */
  readonly everywhere: readonly string[];
  /** Processes that do the same as those: crashed at every n-th effect only. `npm run sim` crashes them everywhere. */
  readonly sampled?: { readonly processes: readonly string[]; readonly stride: number };
  /** Seeds to run in all weathers, with disturbances by their dice. */
  readonly seeds: number;
  /** More crash points than this there must be: a story that hardly happens proves nothing. */
  readonly atLeast: number;
}

export function holds(life: Life<Town>, campaigns: Campaigns): void {
  const replay = readReplay(environment(), 'client');
  if (replay === undefined) describe(`the life “${life.name}” holds`, () => everyRun(life, campaigns));
  else if (replay.life === life.name) it(`replays “${life.name}”`, async () => void (await runLife(life, replay)));
  else
    it(`leaves “${life.name}” alone for the replay of “${replay.life}”`, () => expect(replay.life).not.toBe(life.name));
}

function everyRun(life: Life<Town>, { everywhere, sampled, seeds, atLeast }: Campaigns): void {
  const processes = [...everywhere, ...(sampled?.processes ?? [])];

  if (everywhere.length > 0) {
    it(`at every crash point of ${everywhere.join(' and ')}`, async () => {
      expect(await runAllCrashes(life, { seed: 'crashes', processes: everywhere })).toBeGreaterThan(atLeast);
    }, 120_000);
  }

  if (sampled !== undefined) {
    it(`at crash points of ${sampled.processes.join(' and ')}`, async () => {
      expect(await runAllCrashes(life, { seed: 'crashes', ...sampled })).toBeGreaterThan(1);
    }, 120_000);
  }

  it(`for ${seeds} seeds in all weathers, crashed, killed and paused at random`, async () => {
    const disturbed: number[] = [];
    for (let n = 0; n < seeds; n += 1) {
      const drawn = await runAtRandom(life, { seed: `${life.name} ${n}`, climate: climateOf(n), processes });
      disturbed.push(drawn.length);
    }
    expect(Math.min(...disturbed)).toBeGreaterThan(0);
  }, 120_000);
}
