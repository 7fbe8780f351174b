/** What happens to single exchanges on the network. */
import type { SeededRandom } from './random.ts';

export type Mishap =
  /** Never arrives: the client waits until its time is over. */
  | 'lost'
  /** Arrives and is done; the client sees a broken connection instead of the reply. */
  | 'cut'
  /** Arrives and is done; the reply never comes. */
  | 'reply-lost'
  /** Arrives twice; the client gets the first reply. */
  | 'doubled'
  /** The connection is refused though somebody listens. */
  | 'refused';

/** Probabilities, and how long a packet may take. */
export interface Weather {
  readonly lost?: number;
  readonly cut?: number;
  readonly replyLost?: number;
  readonly doubled?: number;
  readonly refused?: number;
  /** Milliseconds one way: from, to. Default 0.2 to 3. */
  readonly delay?: readonly [from: number, to: number];
  /** With this probability a packet is late by up to this many milliseconds more. */
  readonly late?: { readonly probability: number; readonly upToMs: number };
}

/** Weathers by name, so that a replay line can say which it was. */
export const climates = {
  calm: {},
  slow: { delay: [50, 2000], late: { probability: 0.05, upToMs: 20_000 } },
  rough: { lost: 0.03, cut: 0.03, replyLost: 0.02, doubled: 0.03, refused: 0.02 },
  storm: {
    lost: 0.1,
    cut: 0.1,
    replyLost: 0.05,
    doubled: 0.1,
    refused: 0.1,
    late: { probability: 0.2, upToMs: 10_000 },
  },
} satisfies Readonly<Record<string, Weather>>;

export type Climate = keyof typeof climates;

/** The n-th weather, over and over: for campaigns. */
export function climateOf(n: number): Climate {
  return (['calm', 'slow', 'rough', 'storm'] as const)[n % 4] ?? 'calm';
}

/** A mishap that the story wants to see: for the next exchanges that fit. */
export interface ScriptedMishap {
  readonly mishap: Mishap;
  /** What fits: a pattern for `METHOD URL` (HTTP) or `host:port`. */
  readonly match: RegExp;
  /** So many fitting exchanges go well first. Default 0. */
  readonly skip?: number;
  /** Default 1. */
  readonly times?: number;
}

export function drawDelay(weather: Weather, random: SeededRandom): number {
  const [from, to] = weather.delay ?? [0.2, 3];
  const plain = random.between(from, to);
  const { late } = weather;
  return late !== undefined && random.chance(late.probability) ? plain + random.between(0, late.upToMs) : plain;
}

export function drawMishap(weather: Weather, random: SeededRandom): Mishap | undefined {
  const chances: readonly (readonly [Mishap, number])[] = [
    ['lost', weather.lost ?? 0],
    ['cut', weather.cut ?? 0],
    ['reply-lost', weather.replyLost ?? 0],
    ['doubled', weather.doubled ?? 0],
    ['refused', weather.refused ?? 0],
  ];
  let dice = random.fraction();
  for (const [mishap, probability] of chances) {
    if (dice < probability) return mishap;
    dice -= probability;
  }
  return undefined;
}
