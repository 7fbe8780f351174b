import { describe, expect, it } from 'vitest';
import { isServerUrl, serverUrl, webAddress } from './server-url.ts';

describe('URLs of a server', () => {
  it.each([
    'https://ca.test/a',
    'https://other.test:14000/a?b=%2F',
    'https://[::1]:14000/dir',
    'https://ca.test/A/../b',
  ])('%s is taken byte for byte', (url) => {
    expect(serverUrl(url, 'It', 'https://ca.test/directory')).toBe(url);
  });

  it.each([
    ['http', 'http://ca.test/a'],
    ['relative', '/a'],
    ['without scheme', '//ca.test/a'],
    ['a script', 'javascript:alert(1)'],
    ['a file', 'file:///etc/passwd'],
    ['data', 'data:text/plain,a'],
    ['user information', 'https://user@ca.test/a'],
    ['a password', 'https://:secret@ca.test/a'],
    ['too long', `https://ca.test/${'a'.repeat(10_000)}`],
    ['a line break', 'https://ca.test/a\nb'],
    ['a leading space', ' https://ca.test/a'],
    ['not ASCII', 'https://ca.test/ä'],
    ['a fragment', 'https://ca.test/a#b'],
    ['a number', 7],
    ['nothing', undefined],
  ])('%s is refused', (_what, url) => {
    expect(isServerUrl(url)).toBe(false);
    expect(() => serverUrl(url, 'It', 'https://ca.test/directory')).toThrow(
      /^It at https:\/\/ca.test\/directory is unusable/,
    );
  });

  it('pages for people may be plain http, never anything else', () => {
    expect(webAddress('http://ca.test/terms')).toBe('http://ca.test/terms');
    for (const bad of ['javascript:alert(1)', 'ftp://ca.test', 'https://ca.test/\u001b[1m', 7])
      expect(webAddress(bad)).toBeUndefined();
  });
});
