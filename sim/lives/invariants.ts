/** What must hold at the end of every life, whatever happened in it. */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { EversealEvent } from '../../src/core/index.ts';
import { must } from '../failure.ts';
import type { Client, Town } from '../town.ts';

/** The newest certificate is loadable, valid and belongs to its key; nothing is left in the journal. */
export async function storedWell(client: Client, name: string): Promise<void> {
  const { stores, ports } = client;
  const stored = await stores.certificates.load(name);
  const material = await stores.certificates.read(name);
  must(stored !== undefined && material?.key !== undefined, `${name} is not stored with its key`);
  const leaf = new X509Certificate(material.chain);
  must(
    leaf.checkPrivateKey(createPrivateKey(material.key.reveal())),
    `the certificate of ${name} does not belong to its key`,
  );
  must(stored.facts.notAfter > ports.clock.now(), `the certificate of ${name} has expired`);
  must(
    BigInt(`0x${stored.facts.serial}`) === BigInt(`0x${leaf.serialNumber}`),
    `what is known of ${name} is of another certificate`,
  );
}

export async function nothingUnfinished({ stores }: Client): Promise<void> {
  const left = await stores.journal.unfinished();
  must(left.length === 0, `the journal still holds ${left.map(({ subject }) => subject).join(', ')}`);
}

/** What each event makes of an order: recorded and good to go on with, at the mercy of a validation, or over. */
const orderAfter: Partial<Record<EversealEvent['type'], 'recorded' | 'validating' | 'over'>> = {
  'order.created': 'recorded',
  'challenge.presented': 'validating',
  'order.validated': 'recorded',
  'order.given-up': 'over',
  'certificate.stored': 'over',
};

/**
 * No order is placed while a recorded one can be gone on with, whichever process recorded it: a crash costs one only between
 * newOrder and its record, or while a challenge is being validated (its answer died with the process).
 */
export function ordersSpared(town: Town): void {
  const states = new Map<string, string>();
  for (const event of town.events) {
    const state = orderAfter[event.type];
    if (state === undefined || !('certificate' in event)) continue;
    const isGood = states.get(event.certificate) === 'recorded';
    must(!(isGood && event.type === 'order.created'), 'an order was on disk, and another one was placed');
    must(!(isGood && event.type === 'order.given-up'), 'an order was given up that nothing was wrong with');
    states.set(event.certificate, state);
  }
}

/**
 * Orders at the CA: what was needed, and at most one more for each crash and for each process that stood still. Where
 * requests get lost or doubled, newOrder may have been sent again.
 */
export function ordersAtMost(town: Town, needed: number): void {
  const { lost = 0, cut = 0, replyLost = 0, doubled = 0 } = town.world.network.weather;
  if (lost + cut + replyLost + doubled > 0) return;
  const { orders } = town.ca.stats();
  const pauses = town.world.trace.lines.filter(({ what }) => what.startsWith('stands still')).length;
  must(
    orders <= needed + town.crashes + pauses,
    `${orders} orders where ${needed} were needed and ${town.crashes} crashes happened`,
  );
}

export function oneAccount(town: Town): void {
  const { accounts } = town.ca.stats();
  must(accounts === 1, `${accounts} accounts at the CA`);
}

/** Every answer that was presented is gone again. */
export function nothingShown(town: Town): void {
  must(town.shown.size === 0, `${town.shown.size} challenge answers were left behind`);
  if (!town.hasDns) return;
  const { difference } = town.dns;
  must(difference === undefined, `the zone is not as it was: ${difference}`);
}

/** Who lost the lock to a later holder commits no more. */
export function noStaleCommits(town: Town): void {
  town.commits.forEach(({ name, fence }, i) => {
    const earlier = town.commits.slice(0, i).filter((commit) => commit.name === name);
    must(
      earlier.every((commit) => commit.fence < fence),
      `a commit of ${name} with fence ${fence} came after one of a later holder`,
    );
  });
}
