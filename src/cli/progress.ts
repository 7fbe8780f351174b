import { type EventSink, type Log, type LogFields, printable } from '../core/index.ts';
import { eventLine, type EventLevel } from './event-lines.ts';
import type { Invocation } from './invocation.ts';

/** Where the events of a run are shown. */
export interface Progress {
  readonly events: EventSink;
  readonly warn: (message: string) => void;
  /** What the parts say that know no events, such as the output of a user's program. */
  readonly log: Log;
}

type Show = Readonly<Record<EventLevel, (text: string) => void>>;

/**
 * Lines with guides and colours for a person who watches, plain ones elsewhere; both on standard error. Single requests
 * are shown with `EVERSEAL_DEBUG`.
 */
export async function openProgress(
  invocation: Pick<Invocation, 'screen' | 'printError' | 'environment'>,
): Promise<Progress> {
  const { screen, printError, environment } = invocation;
  const show = screen === undefined ? plainLines(printError) : await guidedLines(screen);
  return progressBy(environment.EVERSEAL_DEBUG ? show : { ...show, detail: () => undefined });
}

function plainLines(printError: (text: string) => void): Show {
  const line = (text: string): void => printError(`${text}\n`);
  return { detail: line, step: line, success: line, warning: (text) => line(`Warning: ${text}`) };
}

/** Steps, not clack's spinner: that one reads the keyboard and ends the process on Ctrl-C, past every clean-up. */
async function guidedLines(output: NonNullable<Invocation['screen']>): Promise<Show> {
  const { log } = await import('@clack/prompts');
  const options = { output, spacing: 0 };
  return {
    detail: (text) => log.message(text, options),
    step: (text) => log.step(text, options),
    success: (text) => log.success(text, options),
    warning: (text) => log.warn(text, options),
  };
}

function progressBy(show: Show): Progress {
  const warn = (text: string): void => show.warning(text);
  const told =
    (level: EventLevel) =>
    (message: string, fields?: LogFields): void =>
      show[level](printable(message + fieldsText(fields), 1_000));
  return {
    warn,
    log: { debug: told('detail'), info: told('step'), warn: told('warning'), error: told('warning') },
    events: (event) => {
      const line = eventLine(event);
      if (line !== undefined) show[line.level](line.text);
    },
  };
}

function fieldsText(fields: LogFields = {}): string {
  const words = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}
