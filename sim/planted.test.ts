import { describe, expect, it } from 'vitest';
import { crashPoints } from './campaign.ts';
import type { Disturbance, EffectPoint } from './disturbance.ts';
import { SimulationError } from './failure.ts';
import { type Life, runLife } from './life.ts';
import { lives } from './lives/index.ts';
import { planted } from './planted.ts';
import { SeededRandom } from './random.ts';
import type { Town } from './town.ts';

const pauseMs = 200_000;

/** The runs that look for a defect: undisturbed, then crashed and paused at points in seeded order. */
async function* searches(
  life: Life<Town>,
  name: string,
  near: RegExp | undefined,
): AsyncGenerator<readonly Disturbance[]> {
  yield [];
  const { effects, world } = await runLife(life, { seed: name });
  const isNear = ({ process, effect }: EffectPoint): boolean =>
    world.trace.lines.some(
      ({ who, what }) => who === process && what.startsWith(`#${effect} `) && near?.test(what) === true,
    );
  const random = new SeededRandom(`search ${name}`);
  const points = [...crashPoints(effects, ['client', 'a', 'b'])].map((point) => ({
    point,
    order: random.fraction() - (isNear(point) ? 1 : 0),
  }));
  for (const { point } of points.sort((a, b) => a.order - b.order)) {
    yield [name === 'fence-ignored' ? { ...point, pauseMs } : { ...point, kind: 'power' }];
  }
}

async function find(name: string, life: Life<Town>, near: RegExp | undefined): Promise<SimulationError | undefined> {
  for await (const disturbances of searches(life, name, near)) {
    try {
      await runLife(life, { seed: name, planted: name, disturbances });
    } catch (error) {
      if (error instanceof SimulationError) return error;
      throw error;
    }
  }
  return undefined;
}

describe('every planted defect is caught', () => {
  it('there are at least eight', () => {
    expect(Object.keys(planted).length).toBeGreaterThanOrEqual(8);
  });

  it.each(Object.entries(planted))(
    '%s',
    async (name, defect) => {
      const life = lives.find((known) => known.name === defect.life);
      if (life === undefined) throw new Error(`no life ${defect.life}`);
      const failure = await find(name, life, defect.near);
      expect(failure?.message).toContain(`SIM_PLANTED=${name}`);
    },
    60_000,
  );
});
