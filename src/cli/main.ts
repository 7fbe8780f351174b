#!/usr/bin/env node
/**
 * The program: the only file that touches the process. `--version` is answered before anything else is loaded.
 */
import { version } from '../core/version.ts';

const versionLine = `everseal ${version} (node ${process.version}; ${process.platform}/${process.arch})`;
const words = process.argv.slice(2);
/** By convention of shells, 128 and the number of the signal. */
const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const;

async function start(): Promise<void> {
  const interruption = interruptible();
  // A reader that went away (`everseal … | head`) is no reason to fail.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const { dispatch } = await import('./dispatch.ts');
  const code = await dispatch({
    words,
    environment: process.env,
    workingFolder: process.cwd(),
    signal: interruption.signal,
    print: (text) => process.stdout.write(text),
    printError: (text) => process.stderr.write(text),
    versionLine,
    ports: async (log) => (await import('../node/index.ts')).nodePorts({ env: process.env, log }),
    ...(process.stderr.isTTY === true ? { screen: process.stderr } : {}),
  });
  leave(code === 0 ? code : (interruption.code() ?? code));
}

/** The first signal asks the command to clean up and end, the second ends the process. */
function interruptible(): { readonly signal: AbortSignal; readonly code: () => number | undefined } {
  const controller = new AbortController();
  let code: number | undefined;
  for (const [name, signalCode] of Object.entries(signalCodes)) {
    process.on(name, () => {
      if (code !== undefined) process.exit(signalCode);
      code = signalCode;
      controller.abort(new DOMException('Interrupted', 'AbortError'));
    });
  }
  return { signal: controller.signal, code: () => code };
}

/** Pipes on Windows are written in the background: what was printed must be out before the process ends. */
function leave(code: number): void {
  process.exitCode = code;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

if (words.length === 1 && (words[0] === '--version' || words[0] === '-v')) process.stdout.write(`${versionLine}\n`);
else void start();
