/** `npm run sim -- --minutes 10`: every crash point of every life, then seeds at random until the time is over. */
import { crashPoints, runAtRandom } from './campaign.ts';
import type { CrashPoint } from './disturbance.ts';
import { environment } from './environment.ts';
import { runLife } from './life.ts';
import { lives } from './lives/index.ts';
import { SeededRandom } from './random.ts';
import { readReplay } from './replay.ts';
import { climateOf } from './weather.ts';

const clients = ['client', 'a', 'b', 'other'];

interface Tally {
  passed: number;
  failed: number;
}

function minutesFrom(words: readonly string[]): number {
  const at = words.indexOf('--minutes');
  const minutes = Number(at < 0 ? '1' : words[at + 1]);
  if (Number.isFinite(minutes) && minutes > 0) return minutes;
  throw new TypeError('usage: npm run sim -- [--minutes N] [--seed TEXT]');
}

function seedFrom(words: readonly string[]): string {
  const at = words.indexOf('--seed');
  return (at < 0 ? undefined : words[at + 1]) ?? new Date().toISOString();
}

interface Point {
  readonly life: (typeof lives)[number];
  readonly crash: CrashPoint;
}

/** Runs a life once; a failure is told and counted, and the others go on. */
async function attempt(tally: Tally, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
    tally.passed += 1;
  } catch (error) {
    tally.failed += 1;
    console.log(`\nFAILED\n\n${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Every crash point of every life, by power cut and by kill, in seeded order: a short time sees a fair sample. */
async function allPoints(seed: string): Promise<readonly Point[]> {
  const points: { readonly point: Point; readonly order: number }[] = [];
  const random = new SeededRandom(`order ${seed}`);
  for (const life of lives) {
    const { effects } = await runLife(life, { seed });
    for (const at of crashPoints(effects, clients)) {
      for (const kind of ['power', 'kill'] as const) {
        points.push({ point: { life, crash: { ...at, kind } }, order: random.fraction() });
      }
    }
  }
  return points.sort((a, b) => a.order - b.order).map(({ point }) => point);
}

async function everyCrashPoint(tally: Tally, seed: string, end: number): Promise<void> {
  const points = await allPoints(seed);
  let done = 0;
  for (const { life, crash } of points) {
    if (Date.now() >= end) break;
    await attempt(tally, () => runLife(life, { seed, crash }));
    done += 1;
  }
  console.log(`  ${done} of ${points.length} crash points of ${lives.length} lives`);
}

async function atRandomUntil(tally: Tally, seed: string, end: number): Promise<void> {
  let n = 0;
  for (; Date.now() < end; n += 1) {
    const life = lives[n % lives.length];
    if (life === undefined) return;
    const options = { seed: `${seed}/${n}`, climate: climateOf(Math.floor(n / lives.length)), processes: clients };
    await attempt(tally, () => runAtRandom(life, options));
  }
  console.log(`  ${n} random seeds in all weathers, with crashes, kills and pauses`);
}

async function main(words: readonly string[]): Promise<number> {
  const tally: Tally = { passed: 0, failed: 0 };
  const replay = readReplay(environment(), 'client');
  const seed = seedFrom(words);
  if (replay !== undefined) {
    const life = lives.find(({ name }) => name === replay.life);
    if (life === undefined)
      throw new TypeError(`SIM_LIFE=${replay.life} is none of ${lives.map(({ name }) => name).join(', ')}`);
    await attempt(tally, () => runLife(life, replay));
  } else {
    const start = Date.now();
    const ms = minutesFrom(words) * 60_000;
    console.log(`Simulating with the seed ${seed}`);
    await everyCrashPoint(tally, seed, start + 0.7 * ms);
    await atRandomUntil(tally, seed, start + ms);
  }
  console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
