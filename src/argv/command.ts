import type { FlagSpec } from './flag.ts';

/** A variable of the environment that stands beside the flags and has none of its own. */
export interface VariableSpec {
  readonly name: string;
  readonly doc: string;
}

/** One command: its words, its flags, and what a reader should know. */
export interface CommandSpec<F extends readonly FlagSpec[] = readonly FlagSpec[]> {
  /** One or more words: `run`, `ca start`. */
  readonly name: string;
  /** One line without full stop. */
  readonly summary: string;
  /** Behind the command's name in the usage line. */
  readonly usage: string;
  readonly flags: F;
  readonly variables?: readonly VariableSpec[];
  /** In front of the variables that the grammar makes from flag names. Missing: only variables that a row names. */
  readonly envPrefix?: string;
  /** Names of the words it takes after its own; the last may end in `…` and stands for any number. Missing: none, and one is an error. */
  readonly words?: readonly string[];
  readonly examples?: readonly { readonly line: string; readonly doc: string }[];
}

/** A program: its commands. */
export interface ProgramSpec {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandSpec[];
  readonly examples?: CommandSpec['examples'];
}

/** What the words of a command line ask for. */
export type Selection =
  | { readonly kind: 'command'; readonly command: CommandSpec; readonly rest: readonly string[] }
  /** No command, or only the first word of some (`ca`): these are there to choose from, and `word` is what did not fit. */
  | { readonly kind: 'incomplete'; readonly commands: readonly CommandSpec[]; readonly word: string | undefined };

/** Finds the command that the first words name; the longest name wins. */
export function selectCommand(program: ProgramSpec, words: readonly string[]): Selection {
  const byLength = [...program.commands].sort((a, b) => wordsOf(b).length - wordsOf(a).length);
  const command = byLength.find((candidate) => wordsOf(candidate).every((word, index) => words[index] === word));
  if (command !== undefined) return { kind: 'command', command, rest: words.slice(wordsOf(command).length) };
  const group = program.commands.filter(
    (candidate) => wordsOf(candidate).length > 1 && wordsOf(candidate)[0] === words[0],
  );
  if (group.length > 0) return { kind: 'incomplete', commands: group, word: words[1] };
  return { kind: 'incomplete', commands: program.commands, word: words[0] };
}

function wordsOf(command: CommandSpec): readonly string[] {
  return command.name.split(' ');
}
