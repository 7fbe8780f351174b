import { describe, expect, it } from 'vitest';
import {
  commandHelp,
  commandManual,
  type CommandSpec,
  type ProgramSpec,
  programHelp,
  referencePage,
  selectCommand,
  urfave,
} from './index.ts';

const run: CommandSpec = {
  name: 'run',
  summary: 'get one',
  usage: '--domains NAME',
  envPrefix: 'LEGO_',
  flags: [
    { name: 'domains', aliases: ['d'], type: 'list', group: 'What', placeholder: 'NAME', doc: 'Names' },
    { name: 'http.delay', type: 'duration', default: 90_000, group: 'How', doc: 'Wait' },
    {
      name: 'eab.hmac',
      type: 'string',
      default: 'hidden',
      secret: true,
      group: 'How',
      doc: 'Key',
      rare: true,
      more: 'From a|b.',
    },
  ],
  variables: [{ name: 'LEGO_CA', doc: 'Roots.' }],
  examples: [{ doc: 'the shortest', line: 'p run -d a' }],
};
const start: CommandSpec = { name: 'ca start', summary: 'start one', usage: '', flags: [] };
const program: ProgramSpec = { name: 'p', summary: 'certificates', commands: [run, start], examples: run.examples };

describe('help', () => {
  it('lists the commands', () => {
    expect(programHelp(program)).toContain('  run           get one\n  ca start      start one\n');
  });

  it('explains common flags and names the others', () => {
    const text = commandHelp(program, run);
    expect(text).toContain('Usage: p run --domains NAME\n');
    expect(text).toContain('What\n  -d, --domains NAME          Names\n');
    expect(text).toContain('Wait (1m30s)');
    expect(text).toContain('More flags\n  --eab.hmac\n');
  });

  it('tells all in the manual, but no secret default', () => {
    const text = commandManual(program, run, urfave);
    expect(text).toContain('Key. From a|b. Variable: LEGO_EAB_HMAC.');
    expect(text).toContain('Wait. Default: 1m30s. Variable: LEGO_HTTP_DELAY.');
    expect(text).toContain('# the shortest\n  p run -d a');
    expect(text).not.toContain('hidden');
  });

  it('becomes a page of documentation', () => {
    const page = referencePage(program, urfave);
    expect(page).toContain('| `-d, --domains NAME` | Names |  | `LEGO_DOMAINS` |');
    expect(page).toContain('| `--eab.hmac VALUE` | Key. From a\\|b. |  | `LEGO_EAB_HMAC` |');
    expect(page).toContain('| `LEGO_CA` | Roots. |');
    expect(page).toContain('## p ca start');
  });
});

describe('the command that words name', () => {
  it('may have several words', () => {
    expect(selectCommand(program, ['ca', 'start', '--x'])).toEqual({ kind: 'command', command: start, rest: ['--x'] });
  });

  it('may be incomplete', () => {
    expect(selectCommand(program, ['ca', 'stop'])).toEqual({ kind: 'incomplete', commands: [start], word: 'stop' });
    expect(selectCommand(program, ['rum'])).toEqual({ kind: 'incomplete', commands: [run, start], word: 'rum' });
  });
});
