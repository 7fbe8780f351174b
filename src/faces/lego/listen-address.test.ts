import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseListenAddress } from './listen-address.ts';

describe('an address to listen on', () => {
  it.each([
    [':80', undefined, { host: '', port: 80 }],
    [':80', 4, { host: '0.0.0.0', port: 80 }],
    [':80', 6, { host: '::', port: 80 }],
    ['127.0.0.1:5002', 6, { host: '127.0.0.1', port: 5002 }],
    ['[::1]:0', undefined, { host: '::1', port: 0 }],
    ['localhost:65535', undefined, { host: 'localhost', port: 65_535 }],
  ] as const)('%s with family %s', (text, family, expected) => {
    expect(parseListenAddress(text, '--x', family)).toEqual(expected);
  });

  it.each(['', '80', ':', ':65536', '::1:80', 'a:b', ':-1', '[::1]', 'http://a:80'])('refuses "%s"', (text) => {
    expect(() => parseListenAddress(text, '--http.address')).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: `Flag --http.address cannot listen on "${text}"`,
        next: 'Give HOST:PORT or :PORT, for instance --http.address :5002.',
      }),
    );
  });

  it('is read as it is written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 0, max: 65_535 }), (host, port) => {
        expect(parseListenAddress(`${host.includes(':') ? `[${host}]` : host}:${port}`, '--x')).toEqual({ host, port });
      }),
    );
  });
});
