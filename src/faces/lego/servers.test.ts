import { describe, expect, it } from 'vitest';
import { caCodes, resolveServer } from './servers.ts';

describe('--server', () => {
  it('knows lego’s sixteen short codes, each a directory over HTTPS', () => {
    expect(caCodes).toHaveLength(16);
    for (const code of caCodes) expect(resolveServer(code)).toMatch(/^https:\/\/[a-z0-9.-]+\/\S+$/);
  });

  it('takes them in any case', () => {
    expect(resolveServer('LetsEncrypt-Staging')).toBe('https://acme-staging-v02.api.letsencrypt.org/directory');
  });

  it('leaves a URL as it was typed', () => {
    expect(resolveServer('https://CA.example:14000/dir?x=1')).toBe('https://CA.example:14000/dir?x=1');
  });

  it.each([
    ['letsencript', 'The server "letsencript" is neither a URL nor a known short code', 'Did you mean letsencrypt?'],
    ['', 'The server "" is neither a URL nor a known short code', 'Give the https:// URL of the directory of the CA.'],
    [
      'constructor',
      'The server "constructor" is neither a URL nor a known short code',
      'Give the https:// URL of the directory of the CA.',
    ],
    [
      'http://ca.example/',
      'The server http://ca.example/ would be spoken to without encryption',
      'ACME works over HTTPS only: give an https:// URL.',
    ],
  ])('refuses "%s"', (text, message, next) => {
    expect(() => resolveServer(text)).toThrow(expect.objectContaining({ code: 'usage', message, next }));
  });
});
