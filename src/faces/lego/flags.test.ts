import { describe, expect, it } from 'vitest';
import { commandHelp, commandManual, referencePage, spellings, urfave } from '../../argv/index.ts';
import { runCommand } from './flags.ts';

const program = { name: 'everseal', summary: 'certificates', commands: [runCommand] };

describe('the flags of run', () => {
  it('have names and aliases of their own', () => {
    const names = runCommand.flags.flatMap((flag) => spellings(flag));
    expect(new Set(names).size).toBe(names.length);
  });

  it('fit a screen of 80 columns and 40 lines', () => {
    const lines = commandHelp(program, runCommand).trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it('are all named on that screen and explained in the manual, which keeps to 80 columns', () => {
    const screen = commandHelp(program, runCommand);
    const manual = commandManual(program, runCommand, urfave);
    for (const { name } of runCommand.flags) {
      expect(screen).toContain(`--${name}`);
      expect(manual).toContain(`--${name}`);
    }
    expect(manual.split('\n').filter((line) => line.length > 80 && !line.startsWith('  everseal '))).toEqual([]);
  });

  it('keep their secrets out of help', () => {
    expect(runCommand.flags.filter((flag) => 'secret' in flag && flag.secret).map(({ name }) => name)).toEqual([
      'eab.hmac',
    ]);
  });

  it('make a page that names each variable', () => {
    const page = referencePage(program, urfave);
    for (const { name } of runCommand.flags.filter((flag) => flag.name !== 'json'))
      expect(page).toContain(urfave.variable('LEGO_', name));
    expect(page).toContain('LEGO_CA_CERTIFICATES');
  });
});
