/**
 * The simulated world: machines, disks, network and time in one process, decided by a seed.
 *
 * @module
 */
export { type Campaign, type CrashCampaign, crashPoints, runAllCrashes, runAtRandom } from './campaign.ts';
export type { CrashPoint, Disturbance, EffectPoint, PausePoint } from './disturbance.ts';
export { Disk } from './disk.ts';
export type { DiskFault } from './disk-faults.ts';
export { must, SimulationError, type SimulationFailure } from './failure.ts';
export { environment } from './environment.ts';
export { type Life, type LifeOptions, type LifeResult, runLife } from './life.ts';
export type { Machine, MachineOptions } from './machine.ts';
export type { ExchangeRecord, Network } from './network.ts';
export type { Exit, SimProcess } from './process.ts';
export type { Program, ProgramRun } from './programs.ts';
export { SeededRandom } from './random.ts';
export { readReplay, type Replay, replayLine } from './replay.ts';
export { type Climate, climates, type Mishap, type ScriptedMishap, type Weather } from './weather.ts';
export { type BootOptions, World, type WorldOptions } from './world.ts';
