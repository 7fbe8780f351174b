/** Runs the user's program, one call at a time or several. */
import {
  type Environment,
  EversealError,
  hasCode,
  type Log,
  printable,
  Semaphore,
  type Spawn,
  type SpawnResult,
} from '../core/index.ts';
import { fromFolder } from './working-path.ts';

export interface ProgramOptions {
  readonly ports: { readonly spawn: Spawn; readonly log: Log };
  /** As the user wrote it. */
  readonly path: string;
  readonly workingFolder: string;
  readonly environment: Environment;
  /** Of one call. */
  readonly timeoutMs: number;
  /** Calls at the same time. */
  readonly atOnce: number;
}

export interface ProgramCall {
  readonly args: readonly string[];
  /** The call for people: without tokens and keys. */
  readonly title: string;
}

/** How much of the output a failure shows: the end of it says most. */
const shown = { lines: 5, characters: 300 };
const loggedCharacters = 2000;

/** Questions are answered at once, or not at all. */
const questionTimeoutMs = 30_000;

export class UserProgram {
  /** What is run: the path from the working folder, or the bare name that PATH is searched for. */
  readonly file: string;
  readonly #options: ProgramOptions;
  readonly #turn: Semaphore;

  constructor(options: ProgramOptions) {
    this.file = fileOf(options.path, options.workingFolder);
    this.#options = options;
    this.#turn = new Semaphore(options.atOnce);
  }

  /**
   * One call; each line of output is logged.
   *
   * @throws EversealError `program-failed` (exit code, signal, time limit; with the last lines), `program-not-found`, `permission`
   */
  async call({ args, title }: ProgramCall, signal: AbortSignal): Promise<void> {
    const tail: string[] = [];
    const { ports, timeoutMs } = this.#options;
    const result = await this.#run(args, timeoutMs, signal, (line) => {
      const text = printable(line, loggedCharacters);
      if (text === '') return;
      ports.log.info(`exec: ${text}`);
      tail.push(printable(text, shown.characters));
      if (tail.length > shown.lines) tail.shift();
    });
    if (result.exitCode === 0) return;
    const said = tail.length === 0 ? 'it printed nothing' : tail.join(' | ');
    throw new EversealError('program-failed', `exec: ${this.#name} ${title} ${endOf(result, timeoutMs)}: ${said}`, {
      next: nextStep(result),
    });
  }

  /** What a call prints to standard output, or undefined when it fails: then a debug line says why. */
  async ask(args: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    const lines: string[] = [];
    const limit = Math.min(questionTimeoutMs, this.#options.timeoutMs);
    try {
      const result = await this.#run(args, limit, signal, (line, from) => {
        if (from === 'stdout') lines.push(line);
      });
      if (result.exitCode === 0) return lines.join('\n');
      this.#options.ports.log.debug(`exec: ${this.#name} ${args.join(' ')} ${endOf(result, limit)}`);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof EversealError)) throw error;
      this.#options.ports.log.debug(`exec: ${error.message}`);
    }
    return undefined;
  }

  get #name(): string {
    return printable(this.file);
  }

  async #run(
    args: readonly string[],
    timeoutMs: number,
    signal: AbortSignal,
    onLine: (line: string, from: 'stdout' | 'stderr') => void,
  ): Promise<SpawnResult> {
    const { ports, workingFolder, environment } = this.#options;
    return this.#turn.run(async () => {
      signal.throwIfAborted();
      try {
        return await ports.spawn({
          argv: [this.file, ...args],
          env: definedOf(environment),
          cwd: workingFolder,
          timeoutMs,
          signal,
          onLine,
        });
      } catch (error) {
        signal.throwIfAborted();
        throw startFailure(error, this.#options);
      }
    });
  }
}

function endOf({ exitCode, timedOut }: SpawnResult, timeoutMs: number): string {
  if (timedOut) return `did not end within ${timeoutMs / 1000} s and was killed`;
  return exitCode === undefined ? 'was ended by a signal' : `failed with exit code ${exitCode}`;
}

/** As a shell would: a name without a slash is looked up in PATH, everything else starts from the working folder. */
function fileOf(path: string, workingFolder: string): string {
  return isBare(path) ? path : fromFolder(workingFolder, path);
}

function isBare(path: string): boolean {
  return !/[/\\]/.test(path);
}

function definedOf(environment: Environment): Record<string, string> {
  const entries = Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return Object.fromEntries(entries);
}

function nextStep({ timedOut }: SpawnResult): string {
  if (timedOut) return 'Find out what it waits for (it gets no input), or raise EXEC_CALL_TIMEOUT.';
  return 'Mend what the program says; the same call in a shell shows it again.';
}

/** The port names the program; what to do depends on how it was given. */
function startFailure(error: unknown, options: ProgramOptions): unknown {
  if (!(error instanceof EversealError)) return error;
  const next = startAdvice(error, options) ?? error.next;
  return new EversealError(error.code, `exec: ${error.message}`, { cause: error, ...(next !== undefined && { next }) });
}

function startAdvice(error: EversealError, { path, workingFolder }: ProgramOptions): string | undefined {
  if (hasCode(error, 'program-not-found')) return notFoundAdvice(path, workingFolder);
  if (hasCode(error, 'permission')) return `Make the file executable: chmod +x ${printable(path)}`;
  return undefined;
}

/** The system says the same of a script whose language is not installed. */
function notFoundAdvice(path: string, workingFolder: string): string {
  const from = printable(workingFolder);
  if (isBare(path))
    return `EXEC_PATH is a bare name, which is looked up in PATH. For a file in ${from} write ./${printable(path)}`;
  const start = fileOf(path, workingFolder) === path ? '' : `, which starts from ${from}`;
  return `Check EXEC_PATH${start}, and the program that the first line of a script names.`;
}
