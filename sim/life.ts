/** Lives: stories that are run again and again, disturbed at each point, with invariants that must hold in the end. */
import type { Disturbance } from './disturbance.ts';
import { SimulationError } from './failure.ts';
import { type Replay, replayLine } from './replay.ts';
import { climates } from './weather.ts';
import { World, type WorldOptions } from './world.ts';

/** A story. It keeps nothing between two runs: what it needs to remember, it returns as `Facts`. */
export interface Life<Facts = void> {
  readonly name: string;
  /** What the world is like, beyond the defaults. */
  readonly options?: Partial<Omit<WorldOptions, 'seed' | 'planted' | 'disturbances'>>;
  /**
   * Builds the machines, boots the processes, boots them again after a crash, and returns when all is done. A defect named
   * by `world.planted` is built in here.
   */
  run(world: World): Promise<Facts>;
  /** Throws when something does not hold in the end. It may look at the disks and the exchanges, or boot a last process. */
  invariants(world: World, facts: Facts): void | Promise<void>;
}

/** How one run of a life differs from another. */
export interface LifeOptions extends Omit<Replay, 'life' | 'disturbances'> {
  /** One crash. */
  readonly crash?: Disturbance | undefined;
  /** Crashes and pauses, any number. */
  readonly disturbances?: readonly Disturbance[];
}

export interface LifeResult {
  /** Effects by the name of the process: what there is to crash at. */
  readonly effects: ReadonlyMap<string, number>;
  /** Whether all disturbances came to pass. */
  readonly disturbed: boolean;
  readonly virtualMs: number;
  readonly world: World;
}

const traceLines = 120;

/**
 * Runs a life once.
 *
 * @throws SimulationError with the replay line and the end of the trace when the story fails, an invariant does not hold,
 * a secret shows, nothing can happen any more, or a limit is reached
 */
export async function runLife<Facts>(life: Life<Facts>, options: LifeOptions): Promise<LifeResult> {
  const { seed, planted, climate, crash } = options;
  const disturbances = [...(crash === undefined ? [] : [crash]), ...(options.disturbances ?? [])];
  const weather = climate === undefined ? life.options?.weather : climates[climate];
  const world = new World({ ...life.options, ...(weather && { weather }), seed, planted, disturbances });
  try {
    await world.drive(tell(life, world));
  } catch (error) {
    const replay = replayLine({ life: life.name, seed, planted, climate, disturbances });
    throw failure(error, `${replay}\n\n${world.trace.render(traceLines)}`);
  }
  const disturbed = world.disturbances.left.length === 0;
  return { effects: world.effects, disturbed, virtualMs: world.elapsed, world };
}

async function tell<Facts>(life: Life<Facts>, world: World): Promise<void> {
  const facts = await life.run(world);
  world.trace.add('world', 'the story is over');
  await life.invariants(world, facts);
  const [leak] = world.leaks();
  if (leak !== undefined) throw new SimulationError('invariant', 'A secret shows in the trace, the log or a terminal');
}

function failure(error: unknown, details: string): SimulationError {
  const kind = error instanceof SimulationError ? error.kind : 'story';
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new SimulationError(kind, `${reason}\n\n${details}\n`, error);
}
