/** How a person makes dns-persist-01 records: lego's variables `DNSPERSIST_*`. */
import type { DnsPersistSolverOptions } from '../challenges/dns-persist-01.ts';
import { EversealError, printable } from '../core/index.ts';
import { readSettings } from '../dns/index.ts';
import { persistVariables } from '../faces/lego/challenge-flags.ts';
import type { SolverSettings } from './solvers.ts';

type ByHand = Pick<DnsPersistSolverOptions, 'show' | 'ask' | 'manualWaitMs' | 'timing'>;

/** @throws EversealError `usage` for a mode that does not exist */
export async function persistByHand({
  ports,
  environment,
  events,
}: Pick<SolverSettings, 'ports' | 'environment' | 'events'>): Promise<ByHand> {
  const { terminal, fs } = ports;
  const warn = (message: string): void => events({ type: 'warning', message });
  const settings = await readSettings({ code: 'dns-persist', variables: persistVariables }, environment, fs, warn);
  const mode = settings.text('DNSPERSIST_MANUAL_MODE') ?? '';
  if (!['', 'prompt', 'wait'].includes(mode)) {
    throw new EversealError('usage', `DNSPERSIST_MANUAL_MODE=${printable(mode, 40)} is not known`, {
      next: 'Use prompt or wait, or unset it.',
    });
  }
  const timeoutMs = settings.text('DNSPERSIST_PROPAGATION_TIMEOUT')
    ? { timeoutMs: settings.milliseconds('DNSPERSIST_PROPAGATION_TIMEOUT', 60) }
    : {};
  const intervalMs = settings.text('DNSPERSIST_POLLING_INTERVAL')
    ? { intervalMs: settings.milliseconds('DNSPERSIST_POLLING_INTERVAL', 2) }
    : {};
  return {
    show: (text) => terminal.writeError(`${text}\n`),
    timing: { ...timeoutMs, ...intervalMs },
    ...(mode === 'wait' ? { manualWaitMs: settings.milliseconds('DNSPERSIST_MANUAL_WAIT', 60) } : {}),
    ...(mode === 'prompt' || (mode === '' && terminal.interactive)
      ? { ask: (question, signal) => terminal.ask(question, signal) }
      : {}),
  };
}
