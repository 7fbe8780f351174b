/** Records written by the user: shows what to do and waits until it is done. */
import { EversealError, printable } from '../core/index.ts';
import type { DnsProvider, ProviderContext, TxtRecord } from '../dns/index.ts';
import { count, type ShownRecord, textToCreate, textToRemove } from './manual-text.ts';

/** Returns when the user has made the records, as far as can be known. */
type Pause = (records: readonly TxtRecord[], signal: AbortSignal) => Promise<void>;

/** @throws EversealError `usage` for an unknown MANUAL_MODE */
export function openManual(context: ProviderContext): DnsProvider {
  const { settings, ports } = context;
  const ttl = settings.number('MANUAL_TTL', 120, 1);
  const shown = (record: TxtRecord): ShownRecord => ({ ...record, ttl: record.ttl ?? ttl });
  const pause = pauseOf(context);
  return {
    code: 'manual',
    zones: 'needed',
    values: 'many',
    timing: {
      timeoutMs: settings.milliseconds('MANUAL_PROPAGATION_TIMEOUT', 60),
      intervalMs: settings.milliseconds('MANUAL_POLLING_INTERVAL', 2),
    },
    // Two orders that ask at once would make a muddle of the terminal.
    locks: () => [{ key: 'manual', hold: 'write' }],
    add: async (records, signal) => {
      // Without anybody to ask, cleaning up after an earlier run must still work: that is why opening is no error.
      if (pause === undefined) throw nobodyThere();
      ports.terminal.writeError(`\n${textToCreate(records.map(shown))}\n`);
      await pause(records, signal);
      return records.map(() => ({}));
    },
    remove: async (items) => {
      if (items.length > 0) ports.terminal.writeError(`\n${textToRemove(items.map(({ record }) => shown(record)))}\n`);
    },
  };
}

function pauseOf(context: ProviderContext): Pause | undefined {
  const mode = context.settings.text('MANUAL_MODE') ?? '';
  if (mode === 'wait') return fixedWait(context);
  if (mode === 'prompt') return question(context);
  if (mode === '') return context.ports.terminal.interactive ? question(context) : undefined;
  throw new EversealError('usage', `manual: MANUAL_MODE=${printable(mode)} is not known`, {
    next: 'Use prompt or wait, or unset it.',
  });
}

function question({ ports }: ProviderContext): Pause {
  return async (records, signal) => {
    const answer = await ports.terminal.ask('Press Enter when this is done (Ctrl-C gives up): ', signal);
    if (answer !== undefined) return;
    throw new EversealError('provider-failed', `manual: nobody confirmed ${count(records)}: the input ended`, {
      next: 'Run it again and press Enter once the records are there, or set MANUAL_MODE=wait and MANUAL_WAIT=SECONDS.',
    });
  };
}

function fixedWait({ settings, ports, events }: ProviderContext): Pause {
  const ms = settings.milliseconds('MANUAL_WAIT', 60);
  return async (records, signal) => {
    ports.terminal.writeError(`Going on in ${ms / 1000} s.\n`);
    events({ type: 'waiting', what: `manual: ${count(records)} to be made`, ms });
    await ports.clock.sleep(ms, signal);
  };
}

function nobodyThere(): EversealError {
  return new EversealError('usage', 'manual: there is no terminal to ask for the TXT records', {
    next: 'Run it in a terminal, set MANUAL_MODE=wait and MANUAL_WAIT=SECONDS, or use a DNS provider that writes by itself.',
  });
}
