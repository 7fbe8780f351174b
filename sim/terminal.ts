import type { Log, LogFields, Terminal } from '../src/core/index.ts';
import type { SimProcess } from './process.ts';

/** A terminal whose user is the story: what was written can be read, and questions get the answers laid ready. */
export class SimTerminal implements Terminal {
  readonly interactive: boolean;
  readonly stdoutIsTty: boolean;
  readonly colours = false;
  readonly columns = 100;
  stdout = '';
  stderr = '';
  /** What the user will type, line by line; then the input ends. */
  readonly answers: string[] = [];
  readonly #process: SimProcess;

  constructor(process: SimProcess, interactive: boolean) {
    this.#process = process;
    this.interactive = interactive;
    this.stdoutIsTty = interactive;
  }

  write(text: string): void {
    if (this.#process.isAlive) this.stdout += text;
  }

  writeError(text: string): void {
    if (this.#process.isAlive) this.stderr += text;
  }

  async ask(question: string, signal?: AbortSignal): Promise<string | undefined> {
    signal?.throwIfAborted();
    this.writeError(question);
    return this.#process.step(async () => this.answers.shift());
  }
}

/** The log goes into the trace, all but the debug lines. */
export function logPort(process: SimProcess): Log {
  const at = (level: string) => (message: string, fields?: LogFields) => {
    if (process.isAlive)
      process.trace(`${level}: ${message}${fields === undefined ? '' : ` ${JSON.stringify(fields)}`}`);
  };
  const debug = (message: string, fields?: LogFields) =>
    process.world.debugLines.push(`${message} ${JSON.stringify(fields)}`);
  return { debug, info: at('info'), warn: at('warn'), error: at('error') };
}
