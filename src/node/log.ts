import { type Clock, type Log, type LogFields, printable, type Terminal } from '../core/index.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof levels)[number];

/** A log that nobody reads. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * A log for people, on standard error: `2030-01-02T03:04:05.678Z WARN message key=value`, one line an entry.
 *
 * @example
 * ```ts
 * import { nodePorts, textLog } from 'everseal/node';
 * const { terminal, clock } = nodePorts();
 * const ports = nodePorts({ log: textLog({ terminal, clock, level: 'info' }) });
 * ports.log.info('certificate stored', { name: 'example.com' });
 * ```
 */
export function textLog(options: {
  readonly terminal: Pick<Terminal, 'writeError'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Entries below it are left out. */
  readonly level: LogLevel;
}): Log {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (levels.indexOf(level) < levels.indexOf(options.level)) return;
      const words = [options.clock.now().toISOString(), level.toUpperCase().padEnd(5), printable(message, longestText)];
      options.terminal.writeError(`${[...words, ...formatFields(fields)].join(' ')}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

const longestText = 4_000;

function formatFields(fields: LogFields): readonly string[] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${formatValue(value)}`);
}

function formatValue(value: unknown): string {
  const text = printable(textOf(value), longestText);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.message;
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' && value !== null ? (JSON.stringify(value) ?? '') : String(value);
}
