/** Opens a provider on a simulated machine. */
import { type Machine, type SimProcess, World } from '../../sim/index.ts';
import type { Environment, EversealEvent, Ports } from '../core/index.ts';
import { type DnsProvider, type DnsResolver, type ProviderEntry, readSettings, type TxtRecord } from '../dns/index.ts';
import { blindResolver } from '../dns/provider/api-stage.testing.ts';

export interface Stage {
  readonly world: World;
  readonly machine: Machine;
  readonly process: SimProcess;
  readonly ports: Ports;
  readonly events: EversealEvent[];
  /** Opens the provider again, as a later process would. */
  open(environment?: Environment): Promise<DnsProvider>;
}

export interface StageOptions {
  readonly entry: ProviderEntry;
  readonly environment?: Environment;
  readonly interactive?: boolean;
  readonly workingFolder?: string;
  /** Texts that must not show anywhere. */
  readonly secrets?: readonly string[];
  /** Before the process starts. */
  readonly prepare?: (world: World, machine: Machine) => void;
  readonly resolver?: (ports: Ports) => DnsResolver;
}

/** Runs the story in virtual time; afterwards no secret may show in trace, log or terminal. */
export async function onStage(options: StageOptions, story: (stage: Stage) => Promise<void>): Promise<World> {
  const world = new World({ seed: 'providers' });
  for (const secret of options.secrets ?? []) world.secrets.add(secret);
  const machine = world.machine({ name: 'client' });
  options.prepare?.(world, machine);
  const main = (ports: Ports, process: SimProcess): Promise<void> => {
    const events: EversealEvent[] = [];
    const warn = (message: string) => void events.push({ type: 'warning', message });
    const open = async (environment = options.environment ?? {}): Promise<DnsProvider> =>
      options.entry.open({
        ports,
        environment,
        settings: await readSettings(options.entry, environment, ports.fs, warn),
        workingFolder: options.workingFolder ?? '/srv',
        resolver: options.resolver?.(ports) ?? blindResolver,
        events: (event) => events.push(event),
      });
    return story({ world, machine, process, ports, events, open });
  };
  const exit = await world.drive(
    world.boot({ machine, name: 'client', main, interactive: options.interactive ?? false }).exited,
  );
  if (exit.how === 'failed') throw exit.error;
  if (world.leaks().length > 0) throw new Error(`a secret shows: ${world.leaks().length} times`);
  return world;
}

/** The record of a challenge for the domain. */
export function recordFor(domain: string, value: string, zone = ''): TxtRecord {
  return {
    name: `_acme-challenge.${domain}.`,
    zone,
    value,
    challenge: { domain, token: `-token-${value}`, keyAuthorization: `-token-${value}.thumbprint` },
  };
}

/** What failed, as it is shown. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

export const signal = new AbortController().signal;

export { blindResolver };
