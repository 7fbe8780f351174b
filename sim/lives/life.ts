/** What all lives share: a town, a client that may have a planted defect, and what must hold in the end. */
import type { Life } from '../life.ts';
import { planted } from '../planted.ts';
import { type Client, type ClientOptions, Town, type TownOptions } from '../town.ts';
import type { World } from '../world.ts';
import { noStaleCommits, nothingShown, nothingUnfinished, ordersSpared, storedWell } from './invariants.ts';

export const day = 86_400_000;
export const hour = 3_600_000;
export const name = 'www.example';

export interface TownLife {
  readonly name: string;
  readonly town?: TownOptions;
  /** Boots processes, again after each crash, and returns when all is done. */
  readonly story: (town: Town) => Promise<void>;
  /** Beyond what every life has to end with. */
  readonly invariants?: (town: Town, client: Client) => void | Promise<void>;
}

/** A life in a town. In its end the certificate is stored well, the journal is empty, and no order was wasted. */
export function townLife(life: TownLife): Life<Town> {
  return {
    name: life.name,
    async run(world: World) {
      const town = await Town.build(world, life.town);
      await life.story(town);
      return town;
    },
    async invariants(_world, town) {
      ordersSpared(town);
      noStaleCommits(town);
      nothingShown(town);
      await town.visit(
        async (client) => {
          await storedWell(client, name);
          await nothingUnfinished(client);
          await life.invariants?.(town, client);
        },
        { name: 'witness' },
      );
    },
  };
}

/** The client's options with the defect that the world has planted. */
export function withDefect(town: Town, options: ClientOptions = {}): ClientOptions {
  const defect = town.world.planted === undefined ? undefined : planted[town.world.planted];
  return {
    ...options,
    wrap: defect?.ports,
    wrapStores: defect?.stores,
    wrapSolver: defect?.solver,
    wrapProvider: defect?.provider,
  };
}

/** Runs once for the one name; done when it is issued or kept, else tried again by the caller's story. */
export async function bring(client: Client, options: Parameters<Client['run']>[1] = {}): Promise<boolean> {
  const report = await client.run([client.spec([name])], options);
  return report.certificates.every(({ outcome }) => outcome === 'issued' || outcome === 'kept');
}

/** Tries every minute until it is done, as an impatient person would. */
export async function bringInTheEnd(client: Client): Promise<void> {
  while (!(await bring(client))) await client.ports.clock.sleep(60_000);
}
