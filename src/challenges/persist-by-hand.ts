import { BatchError, EversealError, type Ports, Semaphore } from '../core/index.ts';
import type { DnsResolver, PropagationChecks, PropagationTiming } from '../dns/index.ts';
import { lookupTxtAtSource } from './authoritative-txt.ts';
import { mapBatch } from './batch.ts';
import { judgePersistRecords, type PersistCheck, persistRecordLine } from './persist-plan.ts';
import type { RecordPlace } from './solver.ts';

export interface ByHandOptions {
  readonly ports: Pick<Ports, 'clock'>;
  readonly resolver: DnsResolver;
  readonly checks: PropagationChecks;
  readonly show?: (text: string) => void;
  readonly ask?: (question: string, signal: AbortSignal) => Promise<string | undefined>;
  readonly manualWaitMs?: number;
}

/** A record that no value in DNS stands in for, and what DNS showed of it. */
export interface MissingRecord {
  readonly record: RecordPlace;
  readonly check: Omit<PersistCheck, 'name'>;
}

const question = 'Press Enter when DNS shows it: ';

/** Records that a person creates: shown, waited for, and recognised however they are written. */
export class RecordsByHand {
  readonly #options: ByHandOptions;
  readonly #oneQuestionAtATime = new Semaphore(1);

  constructor(options: ByHandOptions) {
    this.#options = options;
  }

  /**
   * Shows all the records at once and returns when they are said to be there.
   *
   * @throws BatchError `user-action-required` with each record to create, when there is nobody to do it
   */
  async create(missing: readonly MissingRecord[], signal: AbortSignal): Promise<void> {
    const { show, ask, manualWaitMs, ports } = this.#options;
    if (manualWaitMs === undefined ? ask === undefined : show === undefined) throw nobody(missing);
    const lines = missing.map(({ record }) => `  ${persistRecordLine(record.name, record.value)}`);
    const text = [...missing.flatMap(({ check }) => check.findings), 'Please create:', ...lines].join('\n');
    await this.#oneQuestionAtATime.run(async () => {
      show?.(text);
      if (manualWaitMs !== undefined) return ports.clock.sleep(manualWaitMs, signal);
      const answer = await ask?.(show === undefined ? `${text}\n${question}` : question, signal);
      if (answer === undefined) throw nobody(missing);
    });
  }

  /**
   * Waits until each name shows a value that serves, and returns those.
   *
   * @throws BatchError `not-propagated`
   */
  async seen(
    missing: readonly MissingRecord[],
    timing: PropagationTiming,
    signal: AbortSignal,
  ): Promise<readonly RecordPlace[]> {
    const { clock } = this.#options.ports;
    const deadline = clock.monotonic() + timing.timeoutMs;
    const look = async ({ record, check }: MissingRecord): Promise<RecordPlace> => {
      for (;;) {
        const now = await this.#lookAgain(record, check, signal);
        if (now.match !== undefined) return { ...record, value: now.match };
        if (clock.monotonic() + timing.intervalMs > deadline) throw unseen(record, now, timing);
        await clock.sleep(timing.intervalMs, signal);
      }
    };
    return mapBatch(missing, look, signal);
  }

  /** A lookup that fails shows nothing yet. */
  async #lookAgain(
    { name }: RecordPlace,
    { wanted }: MissingRecord['check'],
    signal: AbortSignal,
  ): Promise<MissingRecord['check']> {
    const { resolver, checks, ports } = this.#options;
    try {
      const found = checks.authoritative
        ? await lookupTxtAtSource(resolver, name, signal)
        : await resolver.lookupTxt(name, signal);
      return judgePersistRecords(wanted, found, ports.clock.now());
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof EversealError)) throw error;
      return { wanted, match: undefined, found: [], findings: [`${error.message}.`] };
    }
  }
}

function nobody(missing: readonly MissingRecord[]): BatchError {
  const failures = missing.map(({ record, check }, index) => {
    const instead = check.findings.length > 0 ? `. ${check.findings.join(' ')}` : '';
    const message = `No DNS record at ${record.name} lets this account prove ${check.wanted.domain}${instead}`;
    const next = `Create ${persistRecordLine(record.name, record.value)}, or configure a DNS provider.`;
    return { index, error: new EversealError('user-action-required', message, { next }) };
  });
  return new BatchError(failures);
}

function unseen(record: RecordPlace, check: MissingRecord['check'], timing: PropagationTiming): EversealError {
  const shown = check.findings.length > 0 ? check.findings.join(' ') : `it shows ${check.found.length} other values.`;
  const seconds = Math.round(timing.timeoutMs / 1000);
  return new EversealError('not-propagated', `After ${seconds} s ${record.name} has no record that serves: ${shown}`, {
    next: `Check that this exists: ${persistRecordLine(record.name, record.value)}`,
  });
}
