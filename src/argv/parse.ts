import { type Environment, EversealError, printable } from '../core/index.ts';
import type { CommandSpec } from './command.ts';
import type { FlagSpec, FlagValue, FlagValues } from './flag.ts';
import type { Grammar, Scan } from './grammar.ts';

export type { Environment };

/** A command line that was understood. */
export interface Parsed<F extends readonly FlagSpec[]> {
  readonly values: FlagValues<F>;
  /** The flags that were given, on the command line or by the environment. */
  readonly given: ReadonlySet<F[number]['name']>;
  /** The words that are no flags. */
  readonly words: readonly string[];
}

/**
 * Reads the words behind a command's name and the environment by its table. A flag beats its variable, the variable
 * the default.
 *
 * @throws EversealError `usage` for an unknown flag, a value that is none, or a word too many
 */
export function parseCommand<F extends readonly FlagSpec[]>(
  command: CommandSpec<F>,
  words: readonly string[],
  environment: Environment,
  grammar: Grammar,
): Parsed<F> {
  const scan = grammar.scan(words, command.flags);
  refuseExtraWords(command, scan);
  const given = new Map<string, FlagValue>([
    ...readEnvironment(command, environment, grammar, new Set(scan.occurrences.map(({ flag }) => flag.name))),
    ...readOccurrences(scan, grammar),
  ]);
  const values = Object.fromEntries(command.flags.map((flag) => [flag.name, given.get(flag.name) ?? defaultOf(flag)]));
  return {
    // Each value was read by its row's type: what FlagValues says of the table.
    values: values as FlagValues<F>,
    given: new Set(given.keys()) as ReadonlySet<F[number]['name']>,
    words: scan.words.map(({ text }) => text),
  };
}

/** The variables that stand in for a flag of this command. */
export function variablesOf(
  flag: FlagSpec,
  command: Pick<CommandSpec, 'envPrefix'>,
  grammar: Grammar,
): readonly string[] {
  if (flag.env !== undefined) return flag.env;
  return command.envPrefix === undefined ? [] : [grammar.variable(command.envPrefix, flag.name)];
}

function refuseExtraWords(command: CommandSpec, scan: Scan): void {
  if (command.words?.at(-1)?.endsWith('…') === true) return;
  const extra = scan.words[command.words?.length ?? 0];
  if (extra === undefined) return;
  const { after } = extra;
  const next =
    after?.flag.type === 'bool'
      ? `Flag ${after.spelling} takes a value only behind an equals sign: ${after.spelling}=false.`
      : 'Flags begin with dashes; quote a value that holds spaces.';
  throw new EversealError('usage', `The word "${printable(extra.text, 80)}" does not belong here`, { next });
}

function readOccurrences(scan: Scan, grammar: Grammar): ReadonlyMap<string, FlagValue> {
  const values = new Map<string, FlagValue>();
  for (const { flag, spelling, text } of scan.occurrences) {
    const value = readValue(flag, text, `flag ${spelling}`, grammar);
    const before = values.get(flag.name);
    values.set(flag.name, Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value);
  }
  return values;
}

function readEnvironment(
  command: CommandSpec,
  environment: Environment,
  grammar: Grammar,
  overridden: ReadonlySet<string>,
): ReadonlyMap<string, FlagValue> {
  const values = new Map<string, FlagValue>();
  for (const flag of command.flags.filter(({ name }) => !overridden.has(name))) {
    const variable = variablesOf(flag, command, grammar).find((name) => environment[name] !== undefined);
    const text = variable === undefined ? undefined : environment[variable];
    if (variable === undefined || text === undefined) continue;
    const value =
      text === '' ? grammar.readEmptyVariable(flag) : readValue(flag, text, `variable ${variable}`, grammar);
    const orDefault = value ?? defaultOf(flag);
    if (orDefault !== undefined) values.set(flag.name, orDefault);
  }
  return values;
}

function readValue(flag: FlagSpec, text: string, where: string, grammar: Grammar): FlagValue {
  const value = grammar.read(flag, text);
  if (value !== undefined) return value;
  const shown = flag.secret === true ? 'its value' : `"${printable(text, 80)}"`;
  throw new EversealError('usage', `In ${where}, ${shown} is not ${grammar.expectation(flag)}`, {
    next: `Give ${grammar.expectation(flag)}.`,
  });
}

function defaultOf(flag: FlagSpec): FlagValue | undefined {
  if (flag.default !== undefined) return flag.default;
  if (flag.type === 'bool') return false;
  return flag.type === 'list' ? [] : undefined;
}
