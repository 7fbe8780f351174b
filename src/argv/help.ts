/** What `--help` and `help` print, made from the tables. */
import type { CommandSpec, ProgramSpec } from './command.ts';
import { spellings, type FlagSpec } from './flag.ts';
import { formatGoDuration } from './go-values.ts';
import type { Grammar } from './grammar.ts';
import { variablesOf } from './parse.ts';
import { twoColumns, wrap } from './text-table.ts';

const width = 80;

/** The commands of a program. */
export function programHelp(program: ProgramSpec): string {
  return joinBlocks([
    [`${program.name}: ${program.summary}`],
    [`Usage: ${program.name} COMMAND [FLAGS]`],
    ['Commands', ...commandRows(program.commands)],
    exampleLines(program.examples),
    [`${program.name} COMMAND --help shows the flags of a command,`, `${program.name} help COMMAND all about it.`],
  ]);
}

/** One screen about a command: what is seldom needed is only named. */
export function commandHelp(program: ProgramSpec, command: CommandSpec): string {
  const common = command.flags.filter((flag) => flag.rare !== true);
  const rare = command.flags.filter((flag) => flag.rare === true);
  const names = rare.map((flag) => spellings(flag).at(-1)).join(' ');
  return joinBlocks([
    [`${program.name} ${command.name}: ${command.summary}`],
    [`Usage: ${program.name} ${command.name} ${command.usage}`.trimEnd()],
    ...byGroup(common).map(([group, flags]) => [group, ...twoColumns(flags.map(screenRow), { left: 26, width })]),
    rare.length === 0 ? [] : ['More flags', ...wrap(names, width - 2).map((line) => `  ${line}`)],
    [`${program.name} help ${command.name} explains every flag and its variable.`],
  ]);
}

/** Everything about a command: each flag with its variable, and examples. */
export function commandManual(program: ProgramSpec, command: CommandSpec, grammar: Grammar): string {
  const variables = (command.variables ?? []).map(({ name, doc }) => [name, doc] as const);
  return joinBlocks([
    [`${program.name} ${command.name}: ${command.summary}`],
    [`Usage: ${program.name} ${command.name} ${command.usage}`.trimEnd()],
    ...byGroup(command.flags).map(([group, flags]) => [
      group,
      ...flags.flatMap((flag) => manualEntry(flag, variablesOf(flag, command, grammar))),
    ]),
    variables.length === 0 ? [] : ['Variables', ...twoColumns(variables, { left: 26, width })],
    exampleLines(command.examples),
  ]);
}

/** The flags under their headings, in the order of the table. */
export function byGroup(flags: readonly FlagSpec[]): readonly (readonly [string, readonly FlagSpec[]])[] {
  const groups = new Map<string, FlagSpec[]>();
  for (const flag of flags) groups.set(flag.group, [...(groups.get(flag.group) ?? []), flag]);
  return [...groups];
}

/** The default as people read it, or undefined when there is none to speak of. */
export function defaultText(flag: FlagSpec): string | undefined {
  if (flag.defaultText !== undefined) return flag.defaultText;
  if (flag.default === undefined || flag.secret === true) return undefined;
  if (flag.type === 'duration') return formatGoDuration(flag.default);
  if (flag.type === 'timestamp') return flag.default.toISOString();
  return String(flag.default);
}

/** All names of the flag with what stands for its value. */
export function synopsis(flag: FlagSpec): string {
  const names = spellings(flag).join(', ');
  return flag.type === 'bool' ? names : `${names} ${flag.placeholder ?? 'VALUE'}`;
}

function screenRow(flag: FlagSpec): readonly [string, string] {
  const value = defaultText(flag);
  return [synopsis(flag), value === undefined ? flag.doc : `${flag.doc} (${value})`];
}

function manualEntry(flag: FlagSpec, variables: readonly string[]): readonly string[] {
  const facts = [
    flag.more === undefined ? `${flag.doc}.` : `${flag.doc}. ${flag.more}`,
    defaultText(flag) === undefined ? undefined : `Default: ${defaultText(flag)}.`,
    variables.length === 0 ? undefined : `Variable: ${variables.join(', ')}.`,
  ].filter((fact) => fact !== undefined);
  return [`  ${synopsis(flag)}`, ...wrap(facts.join(' '), width - 6).map((line) => `      ${line}`)];
}

function commandRows(commands: readonly CommandSpec[]): readonly string[] {
  return twoColumns(
    commands.map((command) => [command.name, command.summary] as const),
    { left: Math.max(12, ...commands.map(({ name }) => name.length)), width },
  );
}

function exampleLines(examples: CommandSpec['examples']): readonly string[] {
  if (examples === undefined || examples.length === 0) return [];
  return ['Examples', ...examples.flatMap(({ line, doc }) => [`  # ${doc}`, `  ${line}`])];
}

function joinBlocks(blocks: readonly (readonly string[])[]): string {
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}
