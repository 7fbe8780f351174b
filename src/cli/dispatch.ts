import { commandHelp, commandManual, type CommandSpec, programHelp, selectCommand, urfave } from '../argv/index.ts';
import { EversealError, printable, nearest } from '../core/index.ts';
import { exitCodeOf, exitCodes, failureText, stackText } from './failure.ts';
import type { Invocation } from './invocation.ts';
import { commandMains, program } from './program.ts';

/** Runs the command that the words name. Failures are printed, never thrown; the result is the exit code. */
export async function dispatch(invocation: Invocation): Promise<number> {
  try {
    return await runCommandOf(invocation);
  } catch (error) {
    invocation.printError(failureText(error));
    if (invocation.environment.EVERSEAL_DEBUG) invocation.printError(stackText(error));
    return exitCodeOf(error);
  }
}

const helpFlags = new Set(['-h', '--help', '-help', '--h']);
const versionFlags = new Set(['-v', '--version', '-version', '--v']);

async function runCommandOf(invocation: Invocation): Promise<number> {
  const { words, print } = invocation;
  const first = words[0];
  if (first === undefined || helpFlags.has(first)) {
    print(programHelp(program));
    return exitCodes.ok;
  }
  if (versionFlags.has(first) || first === 'version') {
    print(`${invocation.versionLine}\n`);
    return exitCodes.ok;
  }
  if (first === 'help') return explain(invocation, words.slice(1));
  if (asksForHelp(words) && selectCommand(program, words).kind === 'incomplete') return explain(invocation, []);
  const { command, rest } = find(words);
  if (asksForHelp(rest)) {
    print(commandHelp(program, command));
    return exitCodes.ok;
  }
  const main = await commandMains[command.name]?.();
  if (main === undefined) throw new TypeError(`the command ${command.name} has no code`);
  return main(invocation, rest);
}

function explain({ print }: Invocation, words: readonly string[]): number {
  print(words.length === 0 ? programHelp(program) : commandManual(program, find(words).command, urfave));
  return exitCodes.ok;
}

/** Behind `--` a word is no flag. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? undefined : end).some((word) => helpFlags.has(word));
}

function find(words: readonly string[]): { readonly command: CommandSpec; readonly rest: readonly string[] } {
  const selection = selectCommand(program, words);
  if (selection.kind === 'command') return selection;
  const names = selection.commands.map(({ name }) => name);
  const { word } = selection;
  if (word !== undefined && word === words[0] && word.startsWith('-')) {
    throw new EversealError('usage', `The flag ${printable(word, 80)} stands in front of the command`, {
      next: `Put the command first: ${program.name} run ${printable(word, 80)} ….`,
    });
  }
  const typed = words.slice(0, 2).join(' ');
  const guess = names.length === 1 ? names[0] : (nearest(typed, names) ?? nearest(words[0] ?? '', names));
  throw new EversealError('usage', `There is no command "${printable(typed, 80)}"`, {
    next: guess === undefined ? `The commands are ${names.join(', ')}.` : `Did you mean ${program.name} ${guess}?`,
  });
}
