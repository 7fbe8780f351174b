import { EversealError, type Ports, type Spawn, type SpawnOptions, type SpawnResult } from '../src/core/index.ts';
import type { SimProcess } from './process.ts';

/** What a program of a simulated machine gets to see. */
export interface ProgramRun {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly input: string;
  /** Ports of its own: it is a process like any other. */
  readonly ports: Ports;
  /** To standard output or standard error, as is. */
  print(text: string, to?: 'stdout' | 'stderr'): void;
}

/** A program: resolves with its exit code. Installed on a machine under its path (`machine.programs`). */
export type Program = (run: ProgramRun) => Promise<number>;

export function spawnPort(process: SimProcess): Spawn {
  return async (options) => {
    options.signal?.throwIfAborted();
    return process.effect({
      what: `spawn ${options.argv[0]}`,
      work: () => runProgram(process, options),
      describe: (result) => (result.timedOut ? 'timed out' : `exit code ${result.exitCode}`),
    });
  };
}

async function runProgram(parent: SimProcess, options: SpawnOptions): Promise<SpawnResult> {
  const [path, ...args] = options.argv;
  const program = parent.machine.programs.get(path);
  if (program === undefined) throw new EversealError('program-not-found', `There is no program ${path}`);
  const lines = new LineSplitter((line, from) => parent.whenRunning(() => options.onLine?.(line, from)));
  let exitCode: number | undefined;
  const child = parent.world.boot({
    machine: parent.machine,
    name: `${parent.name}>${path.slice(path.lastIndexOf('/') + 1)}`,
    main: async (ports) => {
      await ports.clock.sleep(parent.random.between(1, 5));
      exitCode = await program({
        argv: args,
        env: options.env,
        cwd: options.cwd ?? '/',
        input: typeof options.input === 'string' ? options.input : Buffer.from(options.input ?? '').toString('utf8'),
        ports,
        print: (text, to = 'stdout') => lines.print(text, to),
      });
    },
  });
  return new Promise((resolve, reject) => {
    const timer = parent.world.scheduler.after(options.timeoutMs, () => {
      child.kill();
      resolve({ exitCode: undefined, timedOut: true });
    });
    const abort = () => {
      child.kill();
      reject(options.signal?.reason);
    };
    options.signal?.addEventListener('abort', abort);
    child.exited.then((exit) => {
      timer.cancel();
      options.signal?.removeEventListener('abort', abort);
      lines.end();
      resolve({ exitCode: exit.how === 'failed' ? 1 : exitCode, timedOut: false });
    });
  });
}

/** Cuts output into lines; the last one may lack its end. */
class LineSplitter {
  readonly #onLine: (line: string, from: 'stdout' | 'stderr') => void;
  readonly #rest = { stdout: '', stderr: '' };

  constructor(onLine: (line: string, from: 'stdout' | 'stderr') => void) {
    this.#onLine = onLine;
  }

  print(text: string, to: 'stdout' | 'stderr'): void {
    const lines = (this.#rest[to] + text).split(/\r?\n/);
    this.#rest[to] = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line, to);
  }

  end(): void {
    for (const from of ['stdout', 'stderr'] as const) if (this.#rest[from] !== '') this.#onLine(this.#rest[from], from);
  }
}
