/** What shall happen to a process at one of its numbered effects. */

export interface EffectPoint {
  /** The name of the process. */
  readonly process: string;
  /** Counted from 1 over all boots of the process. */
  readonly effect: number;
  /** `before`: the effect does not happen. `after`: it happened, but the process never learns. */
  readonly side: 'before' | 'after';
}

export interface CrashPoint extends EffectPoint {
  /**
   * `power` (the default): the whole machine goes down, and what was not synced is at the mercy of the dice.
   * `kill`: only the process dies (kill -9); a write may be half done.
   */
  readonly kind?: 'power' | 'kill';
}

export interface PausePoint extends EffectPoint {
  /** Virtual milliseconds for which the process stands still. */
  readonly pauseMs: number;
}

export type Disturbance = CrashPoint | PausePoint;

/** The disturbances of a world; each happens once. */
export class Disturbances {
  readonly #planned = new Map<string, Disturbance>();

  plan(disturbance: Disturbance): void {
    this.#planned.set(keyOf(disturbance), disturbance);
  }

  take(point: EffectPoint): Disturbance | undefined {
    if (this.#planned.size === 0) return undefined;
    const key = keyOf(point);
    const disturbance = this.#planned.get(key);
    this.#planned.delete(key);
    return disturbance;
  }

  /** Those that never happened: the process did not come so far. */
  get left(): readonly Disturbance[] {
    return [...this.#planned.values()];
  }
}

function keyOf(point: EffectPoint): string {
  return `${point.process} ${point.effect} ${point.side}`;
}
