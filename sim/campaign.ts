/** Many runs of one life: each crash point, or what the dice say. */
import type { CrashPoint, Disturbance, EffectPoint } from './disturbance.ts';
import { type Life, type LifeOptions, runLife } from './life.ts';
import { SeededRandom } from './random.ts';

export interface Campaign extends Omit<LifeOptions, 'crash' | 'disturbances'> {
  /** Whose effects; without it, everybody's. */
  readonly processes?: readonly string[];
}

export interface CrashCampaign extends Campaign {
  /** Default: `power`. */
  readonly kind?: CrashPoint['kind'];
  /** Every n-th point only, from a seeded first one on. Default 1: all. */
  readonly stride?: number;
}

/** Every point at which the processes of a life can crash: before and after each effect. */
export function* crashPoints(
  effects: ReadonlyMap<string, number>,
  processes?: readonly string[],
): Generator<EffectPoint> {
  for (const [process, count] of effects) {
    if (processes?.includes(process) === false) continue;
    for (let effect = 1; effect <= count; effect += 1) {
      yield { process, effect, side: 'before' };
      yield { process, effect, side: 'after' };
    }
  }
}

/**
 * Runs a life undisturbed, then once for each crash point.
 *
 * @returns how many lives were run
 * @throws SimulationError as `runLife`
 */
export async function runAllCrashes<Facts>(life: Life<Facts>, campaign: CrashCampaign): Promise<number> {
  const { processes, kind = 'power', stride = 1, ...options } = campaign;
  const { effects } = await runLife(life, options);
  const first = new SeededRandom(`${options.seed}/stride`).below(stride);
  const points = [...crashPoints(effects, processes)].filter((_, index) => index % stride === first);
  for (const point of points) await runLife(life, { ...options, crash: { ...point, kind } });
  return points.length + 1;
}

/**
 * Runs a life once undisturbed and once with one to three crashes, kills and pauses by the dice of its seed.
 *
 * @throws SimulationError as `runLife`
 */
export async function runAtRandom<Facts>(life: Life<Facts>, campaign: Campaign): Promise<readonly Disturbance[]> {
  const { processes, ...options } = campaign;
  const { effects } = await runLife(life, options);
  const disturbances = drawDisturbances(
    [...crashPoints(effects, processes)],
    new SeededRandom(`${options.seed}/disturbances`),
  );
  await runLife(life, { ...options, disturbances });
  return disturbances;
}

function drawDisturbances(points: readonly EffectPoint[], random: SeededRandom): readonly Disturbance[] {
  const count = 1 + random.below(3);
  const drawn = Array.from({ length: count }, () => points[random.below(points.length)]);
  return drawn.flatMap((point) => (point === undefined ? [] : [disturbanceAt(point, random)]));
}

function disturbanceAt(point: EffectPoint, random: SeededRandom): Disturbance {
  const what = random.pick<'power' | 'kill' | 'pause'>(['power', 'power', 'kill', 'pause']);
  if (what === 'pause') return { ...point, pauseMs: random.pick([100, 10_000, 120_000, 3_600_000]) };
  return { ...point, kind: what };
}
