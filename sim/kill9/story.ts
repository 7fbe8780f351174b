/** The stories that are told twice: in the simulated world, and by real processes on a real disk. */
import type { EversealError } from '../../src/core/index.ts';
import { ensureAccount, rollOverAccountKey, updateAccount } from '../../src/engine/index.ts';
import type { Client } from '../town.ts';

/** What a process works with, in either world. */
export type Hands = Omit<Client, 'process'>;

export interface Story {
  readonly name: string;
  /** What happened before, undisturbed, so many milliseconds ago. */
  readonly past?: { readonly work: (hands: Hands) => Promise<void>; readonly ageMs: number };
  /** What the process does that is killed, and its successor. */
  readonly work: (hands: Hands) => Promise<void>;
  /** What has to work afterwards, or it throws. */
  readonly future?: (hands: Hands) => Promise<void>;
}

export const mainName = 'www.example';
const day = 86_400_000;

export const stories: readonly Story[] = [
  { name: 'first issuance', work: obtain },
  { name: 'renewal', past: { work: obtain, ageMs: 70 * day }, work: obtain },
  { name: 'key rollover', past: { work: register, ageMs: 0 }, work: rollOver, future: useAccount },
];

export function storyOf(name: string): Story {
  const story = stories.find((known) => known.name === name);
  if (story === undefined) throw new TypeError(`there is no story '${name}'`);
  return story;
}

/** @throws EversealError what went wrong */
async function obtain({ run, spec }: Hands): Promise<void> {
  const report = await run([spec([mainName])]);
  const failure: EversealError | undefined = report.certificates[0]?.error;
  if (failure !== undefined) throw failure;
}

async function register({ engine, issuer }: Hands): Promise<void> {
  await ensureAccount(engine, issuer(), engine.signal);
}

async function rollOver({ engine, issuer }: Hands): Promise<void> {
  await rollOverAccountKey(engine, issuer(), { algorithm: 'EC256' });
}

/** The CA takes no other key than the one that it knows. */
async function useAccount({ engine, issuer }: Hands): Promise<void> {
  const { account } = issuer();
  await updateAccount(engine, issuer(), account.email);
}
