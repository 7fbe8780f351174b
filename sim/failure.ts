/** What the simulated world throws when a story goes wrong: never seen by the code under test. */
export class SimulationError extends Error {
  readonly kind: SimulationFailure;

  constructor(kind: SimulationFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SimulationError';
    this.kind = kind;
  }
}

export type SimulationFailure =
  | 'deadlock' // nothing can happen any more and the story is not over
  | 'time-limit' // the story takes more virtual time than it may
  | 'effect-limit' // a process does more than it may
  | 'real-time' // something waits outside the world: a real timer, socket or thread
  | 'invariant' // what must hold does not
  | 'story'; // the life itself failed

/**
 * Fails the life unless the condition holds: for invariants.
 *
 * @throws SimulationError `invariant`
 */
export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new SimulationError('invariant', what);
}
