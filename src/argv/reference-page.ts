import type { CommandSpec, ProgramSpec } from './command.ts';
import { byGroup, defaultText, synopsis } from './help.ts';
import type { Grammar } from './grammar.ts';
import { variablesOf } from './parse.ts';

/** The documentation page of a program in Markdown: every command, flag, default and variable. */
export function referencePage(program: ProgramSpec, grammar: Grammar): string {
  const blocks = [
    `# ${program.name}`,
    capital(program.summary),
    ...program.commands.flatMap((command) => commandBlocks(program, command, grammar)),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function commandBlocks(program: ProgramSpec, command: CommandSpec, grammar: Grammar): readonly string[] {
  return [
    `## ${program.name} ${command.name}`,
    capital(command.summary),
    codeBlock([`${program.name} ${command.name} ${command.usage}`.trimEnd()]),
    ...byGroup(command.flags).flatMap(([group, flags]) => [
      `### ${group}`,
      table(
        ['flag', 'meaning', 'default', 'variable'],
        flags.map((flag) => [
          code(synopsis(flag)),
          flag.more === undefined ? flag.doc : `${flag.doc}. ${flag.more}`,
          defaultText(flag) ?? '',
          variablesOf(flag, command, grammar).map(code).join(', '),
        ]),
      ),
    ]),
    ...variableBlocks(command),
    ...(command.examples ?? []).map(({ line, doc }) => `${doc}:\n\n${codeBlock([line])}`),
  ];
}

function variableBlocks(command: CommandSpec): readonly string[] {
  if (command.variables === undefined || command.variables.length === 0) return [];
  return [
    '### Variables',
    table(
      ['variable', 'meaning'],
      command.variables.map(({ name, doc }) => [code(name), doc]),
    ),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function codeBlock(lines: readonly string[]): string {
  return ['```', ...lines, '```'].join('\n');
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
