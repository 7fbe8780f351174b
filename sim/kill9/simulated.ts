/** A story in the simulated world. */
import type { Disturbance } from '../disturbance.ts';
import { SimulationError } from '../failure.ts';
import { type Client, inTown, type Town } from '../town.ts';
import { World } from '../world.ts';
import { type Course, caCounts, isTelling, plainFiles, witness } from './course.ts';
import type { Story } from './story.ts';
import { type KillPoint, pointTitle, type Setting, samePoint, watchSteps } from './steps.ts';

/** As in the real world: a validation that meets nobody is over at once, not when the process is back already. */
export const caOptions = { validation: { attempts: 1 } } as const;

const setting: Setting = { tree: '/data', authority: 'ca.test' };

/** A point, and the number that the simulation knows it by. */
interface NumberedPoint extends KillPoint {
  readonly effect: number;
}

interface Told {
  readonly course: Course;
  readonly points: readonly NumberedPoint[];
}

/** One story with one seed; undisturbed it is told once. */
export class SimulatedStory {
  readonly #story: Story;
  readonly #seed: string;
  #undisturbed: Promise<Told> | undefined;

  constructor(story: Story, seed: string) {
    this.#story = story;
    this.#seed = seed;
  }

  undisturbed(): Promise<Told> {
    this.#undisturbed ??= this.#tell([]);
    return this.#undisturbed;
  }

  /** With a kill -9 at the point, by the simulation's own means. */
  async killedAt(point: KillPoint): Promise<Course> {
    const { points } = await this.undisturbed();
    const effect = points.find((known) => samePoint(known, point))?.effect;
    if (effect === undefined) throw new SimulationError('story', `the simulation never is ${pointTitle(point)}`);
    const { course } = await this.#tell([{ process: 'client', effect, side: point.side, kind: 'kill' }]);
    return course;
  }

  #tell(disturbances: readonly Disturbance[]): Promise<Told> {
    const world = new World({ seed: this.#seed, disturbances });
    return inTown(world, (town) => tellIn(town, this.#story), { ca: caOptions });
  }
}

async function tellIn(town: Town, { past, work, future }: Story): Promise<Told> {
  const { world, web } = town;
  const points: NumberedPoint[] = [];
  const files = () => plainFiles(setting, web.disk.tree(setting.tree));
  const boot = () =>
    town.client(work, {
      wrap: (ports) =>
        watchSteps(ports, setting, (point) => {
          const begun = world.effects.get('client') ?? 0;
          // Before it, the effect has no number yet.
          points.push({ ...point, effect: point.side === 'before' ? begun + 1 : begun });
        }),
    });
  if (past !== undefined) {
    await town.visit(past.work, { name: 'past' });
    await world.sleep(past.ageMs);
  }
  const first = await boot();
  const filesLeft = files();
  await world.sleep(1000);
  const last = first.how === 'crashed' ? await boot() : first;
  if (last.how === 'failed') throw last.error;
  const ca = caCounts(town.ca.stats());
  const told = town.boots
    .filter(({ process }) => process === 'client')
    .map(({ events }) => events.map(({ type }) => type).filter(isTelling));
  if (future !== undefined) await town.visit(future, { name: 'future' });
  const seen = await town.visit((client: Client) => witness(client), { name: 'witness' });
  return { course: { told, ca, filesLeft, files: files(), ...seen }, points };
}
