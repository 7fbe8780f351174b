import { it } from 'vitest';
import { runLife } from './life.ts';
import { lives } from './lives/index.ts';
import { readReplay } from './replay.ts';

/** Runs that once failed, by what was wrong then, as their replay lines had them. */
const found: readonly (readonly [what: string, variables: Readonly<Record<string, string>>])[] = [
  [
    'an order that a failing network had interrupted was forgotten by the next run that only held its peace',
    {
      SIM_LIFE: 'busy timer',
      SIM_SEED: '2026-11-24T23:50:38.595Z/26',
      SIM_CRASH: 'client:458:before',
      SIM_WEATHER: 'storm',
    },
  ],
  [
    'an order was given up when a late finalize had made it valid meanwhile',
    { SIM_LIFE: 'busy timer', SIM_SEED: 'third/12', SIM_WEATHER: 'slow' },
  ],
  [
    'a folder was empty when it was found, its name not synced by whoever died after making it, and went with the power',
    {
      SIM_LIFE: 'dns wildcard',
      SIM_SEED: 'dns wildcard 8',
      SIM_CRASH: 'client:133:after,client:38:after:kill',
      SIM_WEATHER: 'calm',
    },
  ],
  [
    'a key was used that a killed process had put into the journal unsynced, and the power took it after finalize',
    {
      SIM_LIFE: 'lost lease',
      SIM_SEED: 'alpha/149',
      SIM_CRASH: 'client:36:after:kill,client:64:after',
      SIM_WEATHER: 'slow',
    },
  ],
];

it.each(found)('%s', async (_what, variables) => {
  const replay = readReplay(variables, 'client');
  const life = lives.find(({ name }) => name === replay?.life);
  if (replay === undefined || life === undefined) throw new Error('no such life');
  await runLife(life, replay);
});
