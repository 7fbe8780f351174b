import { EversealError, printable } from '../core/index.ts';
import type { PropagationTarget, Sight } from './propagation-target.ts';

/** Servers that a message names one by one. */
const mostNamed = 4;

/** A record on its way, and who shows it. */
export class WatchedRecord {
  readonly index: number;
  /** Absolute, lower case. */
  readonly name: string;
  readonly zone: string | undefined;
  readonly value: string;
  /** Who is to show it, and what they showed when they were last asked; undefined until the first answer. */
  readonly #sights = new Map<PropagationTarget, Sight | undefined>();
  readonly #leftOut = new Set<PropagationTarget>();
  /** Finding out whom to ask failed. */
  obstacle: EversealError | undefined;
  isShown = false;

  constructor(options: {
    readonly index: number;
    readonly name: string;
    readonly zone: string | undefined;
    readonly value: string;
  }) {
    this.index = options.index;
    this.name = options.name;
    this.zone = options.zone === '' ? undefined : options.zone;
    this.value = options.value;
  }

  expectAt(targets: readonly PropagationTarget[]): void {
    this.obstacle = undefined;
    for (const target of targets) if (!this.#sights.has(target)) this.#sights.set(target, undefined);
  }

  get targets(): readonly PropagationTarget[] {
    return [...this.#sights.keys()];
  }

  /** Those that still have to show it. */
  get missingAt(): readonly PropagationTarget[] {
    return this.targets.filter((target) => !this.#leftOut.has(target) && this.#sights.get(target)?.kind !== 'shown');
  }

  sightAt(target: PropagationTarget): Sight | undefined {
    return this.#sights.get(target);
  }

  see(target: PropagationTarget, sight: Sight): void {
    this.#sights.set(target, sight);
    target.note(sight);
  }

  /** It is no longer asked what this target shows. */
  leaveOut(target: PropagationTarget): void {
    this.#leftOut.add(target);
  }

  failure(waitedMs: number): EversealError {
    if (this.obstacle !== undefined) return this.obstacle;
    const missing = this.missingAt;
    const told = missing.slice(0, mostNamed).map((target) => `${target.title} ${this.#textAt(target)}`);
    const others = missing.length - told.length;
    const where = others > 0 ? [...told, `and ${others} more servers`] : told;
    const what = `The TXT record ${printable(this.name, 300)} with the value "${printable(this.value, 300)}"`;
    const message = `${what} is not everywhere after ${waitedMs / 1000} s: ${where.join('; ')}`;
    return new EversealError('not-propagated', message, { next: this.#advice(missing) });
  }

  #textAt(target: PropagationTarget): string {
    const sight = this.#sights.get(target);
    return sight === undefined || sight.kind === 'shown' ? 'has not answered yet' : sight.text;
  }

  #advice(missing: readonly PropagationTarget[]): string {
    const kinds = new Set(missing.map(({ kind }) => kind));
    if (!kinds.has('authoritative')) {
      return 'Wait longer with the provider’s propagation timeout, or leave the resolvers out with --dns.propagation.disable-rns (--dns-persist.propagation.disable-rns for a record that stays).';
    }
    const reasons = new Set(missing.map((target) => this.#sights.get(target)?.kind));
    if (reasons.has('missing')) {
      return 'Wait longer with the provider’s propagation timeout, and mend servers that never show it. Where port 53 is blocked or the horizon is split, ask resolvers alone with --dns.propagation.disable-ans (--dns-persist.propagation.disable-ans for a record that stays).';
    }
    return 'Mend or remove the servers that do not answer. Where port 53 is blocked or the horizon is split, ask resolvers alone with --dns.propagation.disable-ans (--dns-persist.propagation.disable-ans for a record that stays).';
  }
}
