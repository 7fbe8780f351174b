import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { dispatch } from './dispatch.ts';
import type { Invocation } from './invocation.ts';
import { program } from './program.ts';
import { version } from '../core/version.ts';

async function say(...words: readonly string[]) {
  const said = { stdout: '', stderr: '' };
  const invocation: Invocation = {
    words,
    environment: {},
    workingFolder: '/srv',
    signal: new AbortController().signal,
    print: (text) => {
      said.stdout += text;
    },
    printError: (text) => {
      said.stderr += text;
    },
    versionLine: 'everseal 9.9.9',
    ports: () => Promise.reject(new RangeError('no machine is needed for this')),
  };
  return { code: await dispatch(invocation), ...said };
}

const commandList =
  'The commands are run, doctor, dnshelp, persist show, persist check, persist apply, ca start, version, help.';

describe('the words of a command line', () => {
  it.each([[['--version']], [['-v']], [['-version']], [['version']]])('%j print the version', async (words) => {
    expect(await say(...words)).toEqual({ code: 0, stdout: 'everseal 9.9.9\n', stderr: '' });
  });

  it.each([[[]], [['--help']], [['-h']], [['help']], [['ca', '--help']]])('%j list the commands', async (words) => {
    const { code, stdout } = await say(...words);
    expect(code).toBe(0);
    for (const { name, summary } of program.commands) expect(stdout).toMatch(new RegExp(`${name} +${summary}`));
  });

  it.each([[['run', '--help']], [['run', '-d', 'a', '-h']], [['ca', 'start', '-help']]])(
    '%j explain a command',
    async (words) => {
      const { code, stdout } = await say(...words);
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: everseal ${words[0]}`);
    },
  );

  it('explain everything with help', async () => {
    expect((await say('help', 'run')).stdout).toContain('Variable: LEGO_DOMAINS.');
    expect((await say('help', 'ca', 'start')).stdout).toContain('--root-file FILE');
  });

  it('never need more than a screen of 80 columns and 40 lines for help', async () => {
    for (const words of [['--help'], ...program.commands.map(({ name }) => [...name.split(' '), '--help'])]) {
      const lines = (await say(...words)).stdout.trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(40);
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
    }
  });

  it.each([
    [['rum'], 'There is no command "rum"', 'Did you mean everseal run?'],
    [['ca'], 'There is no command "ca"', 'Did you mean everseal ca start?'],
    [['ca', 'stort'], 'There is no command "ca stort"', 'Did you mean everseal ca start?'],
    [['frobnicate'], 'There is no command "frobnicate"', commandList],
    [['help', 'me'], 'There is no command "me"', commandList],
    [
      ['--http', 'run'],
      'The flag --http stands in front of the command',
      'Put the command first: everseal run --http ….',
    ],
    [['run', '--domain', 'x'], 'There is no flag --domain', 'Did you mean --domains?'],
  ])('%j are a usage error', async (words, cause, next) => {
    expect(await say(...words)).toEqual({ code: 2, stdout: '', stderr: `Error: ${cause}\n       ${next}\n` });
  });

  it('tell a defect of ours from a failure', async () => {
    const { code, stderr } = await say('run', '--http', '-d', 'a.example');
    expect(code).toBe(1);
    expect(stderr).toBe(
      'Error: no machine is needed for this\n       This is a defect of everseal. Run it again with EVERSEAL_DEBUG=1 and report what it prints.\n',
    );
  });
});

it('has the version of the package', () => {
  expect(version).toBe(packageJson.version);
});
