import { describe, expect, it } from 'vitest';
import { EversealError, utf8 } from '../../core/index.ts';
import { readSettings } from './settings.ts';

const entry = {
  code: 'sample',
  variables: [
    { name: 'SAMPLE_KEY', aliases: ['OLD_KEY'], doc: 'The key', secret: true, need: 'required' },
    { name: 'SAMPLE_TTL', doc: 'Seconds' },
    { name: 'SAMPLE_FLAG', doc: 'A switch' },
  ],
} as const;

const files: Readonly<Record<string, string>> = { '/run/key': 'from a file\r\n\n' };
const fs = {
  read: async (path: string) => {
    const text = files[path];
    if (text === undefined) throw new EversealError('file-not-found', `Cannot read ${path}: there is no such file`);
    return utf8(text);
  },
};

async function read(environment: Readonly<Record<string, string>>) {
  const warnings: string[] = [];
  const settings = await readSettings(entry, environment, fs, (message) => warnings.push(message));
  return { settings, warnings };
}

describe('settings of a provider', () => {
  it.each([
    ['the variable', { SAMPLE_KEY: 'plain', OLD_KEY: 'old' }, 'plain'],
    ['an older name', { OLD_KEY: 'old' }, 'old'],
    ['an older name when the new one is empty', { SAMPLE_KEY: '', OLD_KEY: 'old' }, 'old'],
    ['a file without its line ends', { SAMPLE_KEY_FILE: '/run/key' }, 'from a file'],
    ['the file of an older name', { OLD_KEY_FILE: '/run/key' }, 'from a file'],
  ])('come from %s', async (_what, environment, value) => {
    const { settings } = await read(environment);
    expect(settings.secret('SAMPLE_KEY')?.reveal()).toBe(value);
  });

  it('name what is missing in the words of lego, and what to do', async () => {
    await expect(read({})).rejects.toMatchObject({
      code: 'usage',
      message: 'sample: some credentials information are missing: SAMPLE_KEY',
      next: expect.stringContaining('SAMPLE_KEY_FILE'),
    });
  });

  it('name a file that cannot be read', async () => {
    await expect(read({ SAMPLE_KEY_FILE: '/gone' })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/SAMPLE_KEY_FILE.*\/gone/),
    });
  });

  it.each([
    ['60', 60_000, 0],
    [' 5 ', 5000, 0],
    ['-1', 7000, 1],
    ['1.5', 7000, 1],
    ['soon', 7000, 1],
  ])('the number "%s" is %i ms, with %i warnings', async (text, ms, count) => {
    const { settings, warnings } = await read({ SAMPLE_KEY: 'k', SAMPLE_TTL: text });
    expect(settings.milliseconds('SAMPLE_TTL', 7)).toBe(ms);
    expect(warnings).toHaveLength(count);
  });

  it.each([
    ['true', true],
    ['T', true],
    ['1', true],
    ['False', false],
    ['0', false],
    ['yes', true],
  ])('the switch "%s" is %s', async (text, on) => {
    const { settings } = await read({ SAMPLE_KEY: 'k', SAMPLE_FLAG: text });
    expect(settings.flag('SAMPLE_FLAG', true)).toBe(on);
  });

  it('never show the value of a secret', async () => {
    const { settings, warnings } = await read({ SAMPLE_KEY: 'hush' });
    expect(settings.number('SAMPLE_KEY', 1)).toBe(1);
    expect(warnings.join()).not.toContain('hush');
  });

  it('refuse a name that the provider does not have', async () => {
    const { settings } = await read({ SAMPLE_KEY: 'k' });
    expect(() => settings.text('OTHER')).toThrow(TypeError);
  });
});
