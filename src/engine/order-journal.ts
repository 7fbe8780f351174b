/** What the journal knows of one order, so that a crash resumes it or cleans up after it. */
import * as v from 'valibot';
import type { ChallengeIntent, Receipt } from '../challenges/solver.ts';
import { type Identifier, Secret, sameIdentifiers } from '../core/index.ts';
import type { IssuerSpec } from './spec.ts';
import type { Journal, JournalEntry } from './stores.ts';

const identifier = v.object({ type: v.picklist(['dns', 'ip']), value: v.string() });
const intent = v.object({
  type: v.picklist(['http-01', 'tls-alpn-01', 'dns-01', 'dns-account-01', 'dns-persist-01']),
  identifier,
  wildcard: v.boolean(),
  token: v.string(),
  keyAuthorization: v.string(),
  accountUrl: v.optional(v.string(), ''),
  record: v.exactOptional(v.object({ name: v.string(), zone: v.string(), value: v.string() })),
  writer: v.exactOptional(v.string()),
});
const receipt = v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()]));

const record = v.variant('step', [
  v.object({
    step: v.literal('order'),
    directory: v.string(),
    accountUrl: v.string(),
    url: v.string(),
    identifiers: v.array(identifier),
    profile: v.optional(v.string()),
  }),
  v.object({ step: v.literal('intents'), intents: v.array(intent) }),
  v.object({ step: v.literal('receipts'), receipts: v.array(receipt) }),
  v.object({ step: v.literal('cleaned') }),
  v.object({ step: v.literal('over') }),
  v.object({ step: v.literal('certificate-key'), pkcs8: v.string() }),
]);

export interface PlacedOrder {
  readonly directory: string;
  readonly accountUrl: string;
  readonly url: string;
  readonly identifiers: readonly Identifier[];
  readonly profile?: string | undefined;
}

/** Answers that may still be lying around: an intent, and its receipt when the process got that far. */
export interface Leftover {
  readonly intent: ChallengeIntent;
  readonly receipt: Receipt | undefined;
}

export function certificateSubject(name: string): string {
  return `certificate/${name}`;
}

/** The journal entry of one order. Each method is durable when it resolves. */
export class OrderJournal {
  readonly order: PlacedOrder;
  readonly #entry: JournalEntry;
  #leftovers: readonly Leftover[];
  #certificateKey: Secret | undefined;
  #over: boolean;

  private constructor(entry: JournalEntry, order: PlacedOrder, progress: Progress = nothingDone) {
    this.#entry = entry;
    this.order = order;
    this.#leftovers = progress.leftovers;
    this.#certificateKey = progress.key;
    this.#over = progress.over;
  }

  static async begin(journal: Journal, certificate: string, order: PlacedOrder): Promise<OrderJournal> {
    const entry = await journal.begin(certificateSubject(certificate), { step: 'order', ...order });
    return new OrderJournal(entry, order);
  }

  /** What an earlier process wrote; undefined when it makes no sense (nothing of an order can be lost then). */
  static read(entry: JournalEntry): OrderJournal | undefined {
    let order: PlacedOrder | undefined;
    let progress = nothingDone;
    for (const raw of entry.records) {
      const parsed = v.safeParse(record, raw);
      if (!parsed.success) continue;
      if (parsed.output.step === 'order') order = parsed.output;
      progress = advance(progress, parsed.output);
    }
    return order && new OrderJournal(entry, order, progress);
  }

  /** Answers that may still be lying around. */
  get leftovers(): readonly Leftover[] {
    return this.#leftovers;
  }

  /** The key that finalize was, or will be, asked with. */
  get certificateKey(): Secret | undefined {
    return this.#certificateKey;
  }

  /** Nothing can come of the order any more: its entry is there for what it left behind. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Whether the order is the one that would be placed now. */
  matches(issuer: IssuerSpec, accountUrl: string, identifiers: readonly Identifier[]): boolean {
    const { order } = this;
    return (
      !this.#over &&
      order.directory === issuer.directory &&
      order.accountUrl === accountUrl &&
      order.profile === issuer.profile &&
      sameIdentifiers(order.identifiers, identifiers)
    );
  }

  async intend(intents: readonly ChallengeIntent[]): Promise<void> {
    await this.#entry.append({ step: 'intents', intents });
    this.#leftovers = intents.map((made) => ({ intent: made, receipt: undefined }));
  }

  async receive(receipts: readonly Receipt[]): Promise<void> {
    await this.#entry.append({ step: 'receipts', receipts });
  }

  async cleaned(): Promise<void> {
    await this.#entry.append({ step: 'cleaned' });
    this.#leftovers = [];
  }

  async keepCertificateKey(key: Secret): Promise<void> {
    await this.#entry.append({ step: 'certificate-key', pkcs8: key.reveal() });
    this.#certificateKey = key;
  }

  /** The order is over. It is forgotten, unless answers are left that a later run must remove. */
  async close(): Promise<void> {
    if (this.#leftovers.length === 0) return this.#entry.close();
    if (!this.#over) await this.#entry.append({ step: 'over' });
    this.#over = true;
  }
}

/** What the records tell beyond the order itself. */
interface Progress {
  readonly leftovers: readonly Leftover[];
  readonly key: Secret | undefined;
  /** No certificate can come of it any more; only its leftovers matter. */
  readonly over: boolean;
}

const nothingDone: Progress = { leftovers: [], key: undefined, over: false };

function advance(progress: Progress, step: v.InferOutput<typeof record>): Progress {
  switch (step.step) {
    case 'intents':
      return { ...progress, leftovers: step.intents.map((made) => ({ intent: made, receipt: undefined })) };
    case 'receipts':
      return {
        ...progress,
        leftovers: progress.leftovers.map(({ intent: made }, i) => ({ intent: made, receipt: step.receipts[i] })),
      };
    case 'cleaned':
      return { ...progress, leftovers: [] };
    case 'certificate-key':
      return { ...progress, key: new Secret(step.pkcs8) };
    case 'over':
      return { ...progress, over: true };
    case 'order':
      return progress;
  }
}
