/** The commands of `everseal`: their tables, and where their code is. */
import type { CommandSpec, ProgramSpec } from '../argv/index.ts';
import { runCommand } from '../faces/lego/flags.ts';
import { caStartCommand } from './ca-start-flags.ts';
import { dnshelpCommand } from './dnshelp-flags.ts';
import { doctorCommand } from './doctor-flags.ts';
import type { CommandMain } from './invocation.ts';
import { persistApplyCommand, persistCheckCommand, persistShowCommand } from './persist-flags.ts';

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
  commands: [
    runCommand,
    doctorCommand,
    dnshelpCommand,
    persistShowCommand,
    persistCheckCommand,
    persistApplyCommand,
    caStartCommand,
    versionCommand,
    helpCommand,
  ],
  examples: runCommand.examples,
};

/** Where the code of a command is; those without need none. */
export const commandMains: Readonly<Record<string, () => Promise<CommandMain>>> = {
  run: async () => (await import('./commands/run.ts')).runMain,
  doctor: async () => (await import('./commands/doctor.ts')).doctorMain,
  dnshelp: async () => (await import('./commands/dnshelp.ts')).dnshelpMain,
  'persist show': async () => (await import('./commands/persist.ts')).persistShowMain,
  'persist check': async () => (await import('./commands/persist.ts')).persistCheckMain,
  'persist apply': async () => (await import('./commands/persist.ts')).persistApplyMain,
  'ca start': async () => (await import('./commands/ca-start.ts')).caStartMain,
};
