import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mapAll, Semaphore } from '../../src/core/index.ts';
import { environment } from '../environment.ts';
import type { Course } from './course.ts';
import { type RealOptions, tellForReal } from './real.ts';
import { SimulatedStory } from './simulated.ts';
import { type KillPoint, pointTitle } from './steps.ts';
import { storyOf } from './story.ts';

/** What the points must cover, by parts of their names. Which ones there are, the ports of an undisturbed process say. */
const issuance = [
  'POST /new-order',
  'rename to .everseal/journal/ID~certificate',
  "append 'certificate-key' to .everseal/journal/",
  'POST /order/ID/finalize',
  'link to .everseal/commits/certificate',
  'rename to certificates/www.example.key',
  'rename to certificates/www.example.crt',
  'rename to certificates/www.example.json',
  'remove .everseal/commits/certificate',
  'remove .everseal/journal/ID~certificate',
];
const registration = ['rename to accounts/CA/me@example.com/me@example.com.key', 'POST /new-account'];
const rollover = [
  'rename to .everseal/journal/ID~account',
  'POST /key-change',
  'rename to accounts/CA/me@example.com/me@example.com.key',
  'remove .everseal/journal/ID~account',
];

/** `SIM_KILL=all`: before and after each step, and each time a new process goes on. Else what seconds allow. */
const thorough = environment().SIM_KILL === 'all';
const successor = thorough ? 'process' : 'here';

/** Processes at once: a little more than cores, since they wait for the disk and for each other. */
const lanes = 3;
/** Where chance decides (does the CA still look at a challenge before its answer dies?), another seed may be like reality. */
const seeds = Array.from({ length: 16 }, (_, i) => `kill ${i + 1}`);

describe('a process that is killed by the system, and its successor', () => {
  let folder = '';
  let program = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'everseal-child-'));
    program = join(folder, 'child.mjs');
    await bundle(program);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const tell = (options: Omit<RealOptions, 'program'>) => tellForReal({ ...options, program });

  it.each([
    { name: 'first issuance', steps: [...registration, ...issuance] },
    { name: 'renewal', steps: issuance },
    { name: 'key rollover', steps: rollover },
  ])(
    '$name: go as in the simulation',
    async ({ name, steps }) => {
      const story = storyOf(name);
      const undisturbed = await tell({ story });
      const simulations = seeds.map((seed) => new SimulatedStory(story, seed));
      const simulated = await simulations[0]?.undisturbed();
      expect(undisturbed.points).toEqual(simulated?.points.map(({ effect: _, ...point }) => point));
      expect(undisturbed.course).toEqual(simulated?.course);
      const names = undisturbed.points.map((point) => point.name);
      expect(steps.filter((step) => !names.some((known) => known.startsWith(step)))).toEqual([]);

      const points = undisturbed.points.filter(isWorthIt);
      const real = await mapAll(points, new Semaphore(lanes), (kill) => tell({ story, kill, successor }));
      for (const [i, point] of points.entries()) {
        const course = real[i]?.course;
        expect(course, pointTitle(point)).toEqual(await nearest(course, simulations, point));
      }
    },
    300_000,
  );

  it('would not go as in the simulation if the journal were not looked at', async () => {
    const story = storyOf('first issuance');
    const simulations = seeds.map((seed) => new SimulatedStory(story, seed));
    const simulated = await simulations[0]?.undisturbed();
    const kill = simulated?.points.find(
      ({ name, side }) => side === 'after' && name.startsWith("append 'certificate-key'"),
    );
    expect(kill).toBeDefined();
    if (kill === undefined) return;
    const { course } = await tell({ story, kill, planted: 'order-not-resumed', successor: 'process' });
    expect(course.ca.orders).toBe(2);
    expect(course).not.toEqual(await nearest(course, simulations, kill));
  }, 90_000);
});

/**
 * After each step; before it too where a record is written. Before any other step nothing else has happened than after the
 * one that came first, except for temporary files.
 */
function isWorthIt({ name, side }: KillPoint): boolean {
  return side === 'after' || /^(append|link to .everseal.commits)/.test(name) || thorough;
}

/** The simulated course that is the same as the real one; else that of the first seed. */
async function nearest(
  real: Course | undefined,
  simulations: readonly SimulatedStory[],
  point: KillPoint,
): Promise<Course | undefined> {
  let first: Course | undefined;
  for (const simulation of simulations) {
    const course = await simulation.killedAt(point);
    if (isDeepStrictEqual(course, real)) return course;
    first ??= course;
  }
  return first;
}

/** From source, so that it is never older than what the simulation runs. */
async function bundle(outfile: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL('./child.ts', import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    mainFields: ['module', 'main'],
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'error',
    // CommonJS dependencies ask for Node's own modules by `require`, which an ES module does not have.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
}
