import { describe, expect, it } from 'vitest';
import type { ProviderEntry } from '../dns/index.ts';
import { providers } from '../providers/index.ts';
import { providerList, providerManual } from './provider-text.ts';
import { SimulatedCli } from './simulated-cli.testing.ts';

const dnshelp = (words: string) => new SimulatedCli('dnshelp').run(`dnshelp ${words}`.trim());

const entry: ProviderEntry = {
  code: 'acme-dns',
  aliases: ['ad'],
  name: 'A provider',
  url: 'https://provider.example',
  values: 'one',
  variables: [
    { name: 'A_TTL', doc: 'TTL in seconds', default: '120' },
    { name: 'A_TOKEN', aliases: ['OLD_TOKEN'], doc: 'The token.', secret: true, need: 'required' },
  ],
  notes: ['Good to know.'],
  open: () => Promise.reject(new TypeError('never opened')),
};

describe('everseal dnshelp', () => {
  it('lists every provider', async () => {
    const { code, stdout } = await dnshelp('');
    for (const { code } of providers) expect(stdout).toMatch(new RegExp(`^ {2}${code} +`, 'm'));
    expect(stdout).toContain('\neverseal dnshelp CODE tells which variables a provider reads.\n');
    expect(code).toBe(0);
  });

  it.each([['exec'], ['-c exec'], ['--code EXEC'], ['exec -c exec']])('%s explains that one', async (words) => {
    const { code, stdout } = await dnshelp(words);
    expect(stdout).toContain('exec: External program\n');
    expect(stdout).toContain('Variables, required\n  EXEC_PATH\n');
    expect(stdout).toContain('--dns exec\n');
    expect(code).toBe(0);
  });

  it('says what is needed first, what is secret, defaults and other names', () => {
    const text = providerManual(entry);
    expect(text).toContain('acme-dns: A provider (also ad)\nhttps://provider.example\n');
    expect(text).toContain(
      'Variables, required\n  A_TOKEN\n      The token. Secret. Also: OLD_TOKEN.\n\n' +
        'Variables, optional\n  A_TTL\n      TTL in seconds. Default: 120.\n',
    );
    expect(text).toContain('one value a name');
    expect(text).toContain('\nGood to know.\n');
    expect(text).toContain(
      "Example\n  A_TOKEN=… \\\n  everseal run -a -m you@example.com -d '*.example.com' --dns acme-dns\n",
    );
  });

  it('marks what is no more', () => {
    expect(providerList([{ ...entry, retired: { reason: 'it closed' } }])).toContain(
      'acme-dns  A provider (also ad; retired)',
    );
  });

  it('fits on 80 columns', () => {
    const wide = providers.flatMap((one) =>
      providerManual(one)
        .split('\n')
        .filter((line) => line.length > 80 && line.trim().includes(' ')),
    );
    expect(wide).toEqual([]);
  });

  it.each([
    ['exek', 'There is no DNS provider "exek"', 'Did you mean exec?'],
    ['exec -c manual', 'Two providers were given: exec and manual', 'Ask for one at a time.'],
  ])('%s is a usage error', async (words, cause, next) => {
    const { code, stderr } = await dnshelp(words);
    expect({ code, stderr }).toEqual({ code: 2, stderr: `Error: ${cause}\n       ${next}\n` });
  });
});
