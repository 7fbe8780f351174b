/** The commands of `everseal`: their tables, and where their code is. */
import type { CommandSpec, ProgramSpec } from '../argv/index.ts';
import { runCommand } from '../faces/lego/flags.ts';
import { caStartCommand } from './ca-start-flags.ts';
import { doctorCommand } from './doctor-flags.ts';
import type { CommandMain } from './invocation.ts';

const versionCommand: CommandSpec = { name: 'version', summary: 'print the version', usage: '', flags: [] };
const helpCommand: CommandSpec = {
  name: 'help',
  summary: 'explain a command in full',
  usage: 'COMMAND',
  flags: [],
  words: ['COMMAND'],
};

export const program: ProgramSpec = {
  name: 'everseal',
  summary: 'TLS certificates by ACME',
  commands: [runCommand, doctorCommand, caStartCommand, versionCommand, helpCommand],
  examples: runCommand.examples,
};

/** Where the code of a command is; those without need none. */
export const commandMains: Readonly<Record<string, () => Promise<CommandMain>>> = {
  run: async () => (await import('./commands/run.ts')).runMain,
  doctor: async () => (await import('./commands/doctor.ts')).doctorMain,
  'ca start': async () => (await import('./commands/ca-start.ts')).caStartMain,
};
