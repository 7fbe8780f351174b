import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EversealError, utf8 } from '../core/index.ts';
import { formatResolverAddress, parseResolverAddress, publicResolvers, systemResolvers } from './resolver-addresses.ts';

describe('a resolver’s address', () => {
  it.each([
    ['1.1.1.1', '1.1.1.1', 53],
    [' 1.1.1.1:5353 ', '1.1.1.1', 5353],
    ['::1', '::1', 53],
    ['[::1]', '::1', 53],
    ['[2606:4700:4700::1111]:853', '2606:4700:4700::1111', 853],
    ['fe80::1%eth0', 'fe80::1%eth0', 53],
    ['dns.example', 'dns.example', 53],
    ['dns.example:54', 'dns.example', 54],
    [':8553', 'localhost', 8553],
  ])('%j is %s, port %i', (text, host, port) => {
    expect(parseResolverAddress(text)).toEqual({ host, port });
  });

  it.each([
    '',
    ':',
    '1.1.1.1:',
    '1.1.1.1:0',
    '1.1.1.1:70000',
    '1.1.1',
    '1.1.1.256:53',
    '[1.1.1.1]:53',
    '[::1',
    'a b',
    'http://x',
    'x:y',
    '1.1.1.1%eth0',
  ])('%j is none, and the failure says how to write one', (text) => {
    expect(() => parseResolverAddress(text)).toThrowError(
      expect.objectContaining({ code: 'usage', next: expect.stringContaining('1.1.1.1:53') }),
    );
  });

  it('takes another port for those without one', () => {
    expect(parseResolverAddress('192.0.2.1', 5300).port).toBe(5300);
  });

  it('is read as it was written', () => {
    const host = fc.oneof(fc.ipV4(), fc.constantFrom('::1', '2001:db8::7', 'dns.example'));
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 0xffff }), (name, port) => {
        expect(parseResolverAddress(formatResolverAddress({ host: name, port }))).toEqual({ host: name, port });
      }),
    );
  });

  it('is an address or a usage error, whatever is written', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        try {
          expect(parseResolverAddress(text).host).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(EversealError);
        }
      }),
    );
  });
});

describe('the system’s resolvers', () => {
  const fileOf = (text: string) => ({ read: async () => utf8(text) });

  it('are the nameserver lines, in order and each once', async () => {
    const text =
      '# dhcp\r\nsearch lan\nnameserver 192.0.2.2 # first\n nameserver\t::1\nnameserver 192.0.2.2\noptions ndots:2\n';
    expect(await systemResolvers(fileOf(text))).toEqual([
      { host: '192.0.2.2', port: 53 },
      { host: '::1', port: 53 },
    ]);
  });

  it.each(['', 'search lan\n', 'nameserver\n', 'nameserver somewhere\n', ';nameserver 192.0.2.1\n'])(
    'are unknown where the file names none: %j',
    async (text) => {
      expect(await systemResolvers(fileOf(text))).toBeUndefined();
    },
  );

  it('are unknown without the file, and a file that cannot be read is a failure', async () => {
    const failing = (code: 'file-not-found' | 'permission') => ({
      read: () => Promise.reject(new EversealError(code, 'no')),
    });
    expect(await systemResolvers(failing('file-not-found'))).toBeUndefined();
    await expect(systemResolvers(failing('permission'))).rejects.toMatchObject({ code: 'permission' });
  });

  it('have public ones to fall back on: Cloudflare’s four, then Google’s two', () => {
    expect(publicResolvers.map(({ host }) => host).slice(3)).toEqual(['2606:4700:4700::1001', '8.8.8.8', '8.8.4.4']);
  });
});
