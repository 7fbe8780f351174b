import type { Terminal } from '../core/index.ts';
import type { Environment } from './environment.ts';

/** The three standard streams, or what stands in for them. */
export interface StandardStreams {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly error: NodeJS.WriteStream;
}

const defaultColumns = 80;

/** The terminal this process runs in, seen through its standard streams. */
export function nodeTerminal(env: Environment, given?: StandardStreams): Terminal {
  const streams = (): StandardStreams =>
    given ?? { input: process.stdin, output: process.stdout, error: process.stderr };
  return {
    get interactive() {
      return streams().input.isTTY === true && streams().error.isTTY === true;
    },
    get stdoutIsTty() {
      return streams().output.isTTY === true;
    },
    get colours() {
      return wantsColours(env, streams().error.isTTY === true);
    },
    get columns() {
      return streams().error.columns ?? (Number(env.COLUMNS) || defaultColumns);
    },
    write: (text) => writeText(streams().output, text),
    writeError: (text) => writeText(streams().error, text),
    ask: (question, signal) => ask(streams(), question, signal),
  };
}

/** NO_COLOR (https://no-color.org) wins over FORCE_COLOR, both over what the terminal is. */
function wantsColours(env: Environment, isTty: boolean): boolean {
  if (env.NO_COLOR) return false;
  const forced = env.FORCE_COLOR;
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return isTty && env.TERM !== 'dumb';
}

/** A reader that went away (`everseal … | head`) is no reason to fail. */
function writeText(stream: NodeJS.WriteStream, text: string): void {
  if (stream.listenerCount('error', ignoreFailure) === 0) stream.on('error', ignoreFailure);
  stream.write(text);
}

function ignoreFailure(): void {}

/** The question goes to standard error, so that standard output stays what programs read. */
async function ask(streams: StandardStreams, question: string, signal?: AbortSignal): Promise<string | undefined> {
  signal?.throwIfAborted();
  const { createInterface } = await import('node:readline');
  signal?.throwIfAborted();
  const reader = createInterface({
    input: streams.input,
    output: streams.error,
    terminal: streams.input.isTTY === true,
  });
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(signal?.reason);
      reader.close();
    };
    signal?.addEventListener('abort', stop, { once: true });
    reader.once('close', () => {
      signal?.removeEventListener('abort', stop);
      resolve(undefined);
    });
    reader.question(question, (answer) => {
      resolve(answer);
      reader.close();
    });
  });
}
