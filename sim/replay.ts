/** The line that makes a failure happen again, and how tests read it. */
import type { Disturbance, EffectPoint } from './disturbance.ts';
import { type Climate, climates } from './weather.ts';

/** What a run of a life is made of. */
export interface Replay {
  readonly life?: string | undefined;
  readonly seed: string;
  readonly disturbances: readonly Disturbance[];
  readonly climate?: Climate | undefined;
  readonly planted?: string | undefined;
}

/**
 * `SIM_LIFE=renewal SIM_SEED=7 SIM_CRASH=everseal:12:after npm test -- sim`. Several crashes are joined by commas; `:kill`
 * at the end of one says that only the process dies, `:pause=60000` that it stands still for so many milliseconds.
 */
export function replayLine(replay: Replay): string {
  const variables = {
    SIM_LIFE: replay.life,
    SIM_SEED: replay.seed,
    SIM_CRASH: replay.disturbances.map(writeDisturbance).join(',') || undefined,
    SIM_WEATHER: replay.climate,
    SIM_PLANTED: replay.planted,
  };
  const parts = Object.entries(variables).map(([name, value]) =>
    value === undefined ? '' : `${name}=${quote(value)} `,
  );
  return `${parts.join('')}npm test -- sim`;
}

/**
 * What the environment asks to be replayed, or undefined when it asks for nothing.
 *
 * @param defaultProcess the one that a bare `SIM_CRASH=12` means
 * @throws TypeError when it cannot be understood
 */
export function readReplay(
  env: Readonly<Record<string, string | undefined>>,
  defaultProcess: string,
): Replay | undefined {
  const { SIM_SEED: seed, SIM_CRASH: crashes, SIM_LIFE: life, SIM_PLANTED: planted, SIM_WEATHER: weather } = env;
  if (seed === undefined || seed === '') return undefined;
  const points = (crashes ?? '').split(',').filter((text) => text !== '');
  const disturbances = points.map((text) => readDisturbance(text, defaultProcess));
  return { life, seed, planted, climate: readClimate(weather), disturbances };
}

function writeDisturbance(disturbance: Disturbance): string {
  const point = `${disturbance.process}:${disturbance.effect}:${disturbance.side}`;
  if ('pauseMs' in disturbance) return `${point}:pause=${disturbance.pauseMs}`;
  return disturbance.kind === 'kill' ? `${point}:kill` : point;
}

function readDisturbance(text: string, defaultProcess: string): Disturbance {
  const match = /^(?:([^:]+):)?(\d+)(?::(before|after))?(?::(kill)|:pause=(\d+))?$/.exec(text);
  if (match === null) {
    throw new TypeError(`SIM_CRASH=${text} is none: write [PROCESS:]EFFECT[:before|:after][:kill|:pause=MS]`);
  }
  const [, process = defaultProcess, effect, side, kill, pause] = match;
  const point: EffectPoint = { process, effect: Number(effect), side: side === 'after' ? 'after' : 'before' };
  if (pause !== undefined) return { ...point, pauseMs: Number(pause) };
  return kill === undefined ? point : { ...point, kind: 'kill' };
}

function readClimate(text: string | undefined): Climate | undefined {
  if (text === undefined || text === '') return undefined;
  if (isClimate(text)) return text;
  throw new TypeError(`SIM_WEATHER=${text} is none of ${Object.keys(climates).join(', ')}`);
}

function isClimate(text: string): text is Climate {
  return Object.hasOwn(climates, text);
}

function quote(text: string): string {
  return /^[\w.:,@/=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
