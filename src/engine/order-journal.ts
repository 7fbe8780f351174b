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
  readonly leftovers: readonly Leftover[];
  #certificateKey: Secret | undefined;
  readonly #entry: JournalEntry;

  private constructor(
    entry: JournalEntry,
    order: PlacedOrder,
    leftovers: readonly Leftover[],
    key: Secret | undefined,
  ) {
    this.#entry = entry;
    this.order = order;
    this.leftovers = leftovers;
    this.#certificateKey = key;
  }

  static async begin(journal: Journal, certificate: string, order: PlacedOrder): Promise<OrderJournal> {
    const entry = await journal.begin(certificateSubject(certificate), { step: 'order', ...order });
    return new OrderJournal(entry, order, [], undefined);
  }

  /** What an earlier process wrote; undefined when it makes no sense (nothing of an order can be lost then). */
  static read(entry: JournalEntry): OrderJournal | undefined {
    let order: PlacedOrder | undefined;
    let leftovers: readonly Leftover[] = [];
    let key: Secret | undefined;
    for (const raw of entry.records) {
      const parsed = v.safeParse(record, raw);
      if (!parsed.success) continue;
      const step = parsed.output;
      if (step.step === 'order') order = step;
      if (step.step === 'intents') leftovers = step.intents.map((made) => ({ intent: made, receipt: undefined }));
      if (step.step === 'receipts')
        leftovers = leftovers.map(({ intent: made }, i) => ({ intent: made, receipt: step.receipts[i] }));
      if (step.step === 'cleaned') leftovers = [];
      if (step.step === 'certificate-key') key = new Secret(step.pkcs8);
    }
    return order && new OrderJournal(entry, order, leftovers, key);
  }

  /** The key that finalize was, or will be, asked with. */
  get certificateKey(): Secret | undefined {
    return this.#certificateKey;
  }

  /** Whether the order is the one that would be placed now. */
  matches(issuer: IssuerSpec, accountUrl: string, identifiers: readonly Identifier[]): boolean {
    const { order } = this;
    return (
      order.directory === issuer.directory &&
      order.accountUrl === accountUrl &&
      order.profile === issuer.profile &&
      sameIdentifiers(order.identifiers, identifiers)
    );
  }

  async intend(intents: readonly ChallengeIntent[]): Promise<void> {
    await this.#entry.append({ step: 'intents', intents });
  }

  async receive(receipts: readonly Receipt[]): Promise<void> {
    await this.#entry.append({ step: 'receipts', receipts });
  }

  async cleaned(): Promise<void> {
    await this.#entry.append({ step: 'cleaned' });
  }

  async keepCertificateKey(key: Secret): Promise<void> {
    await this.#entry.append({ step: 'certificate-key', pkcs8: key.reveal() });
    this.#certificateKey = key;
  }

  async close(): Promise<void> {
    await this.#entry.close();
  }
}
