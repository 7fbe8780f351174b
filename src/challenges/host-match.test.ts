import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpAddress, type Identifier } from '../core/index.ts';
import { isHostOf, requestedHost } from './host-match.ts';

const name: Identifier = { type: 'dns', value: 'www.example.com' };
const v4: Identifier = { type: 'ip', value: '192.0.2.7' };
const v6: Identifier = { type: 'ip', value: '2001:db8::1' };

describe('the host of a challenge', () => {
  it.each([
    ['www.example.com', name],
    ['WWW.EXAMPLE.COM', name],
    ['www.example.com.', name],
    ['www.example.com:80', name],
    ['www.example.com.:8080', name],
    ['www.example.com:', name],
    ['192.0.2.7', v4],
    ['192.0.2.7:80', v4],
    ['[2001:db8::1]', v6],
    ['[2001:DB8:0:0::1]:80', v6],
  ])('may be written %s', (host, identifier) => {
    expect(isHostOf(host, identifier)).toBe(true);
  });

  it.each([
    ['', name],
    ['example.com', name],
    ['xwww.example.com', name],
    ['www.example.com.evil', name],
    ['www.example.com..', name],
    ['www.example.com:80:80', name],
    ['www.example.com:80x', name],
    ['[www.example.com]', name],
    ['192.0.2.70', v4],
    ['[192.0.2.7]', v4],
    ['2001:db8::1', v6],
    ['[2001:db8::2]', v6],
    ['[::ffff:192.0.2.7]', v4],
  ])('is not %s', (host, identifier) => {
    expect(isHostOf(host, identifier)).toBe(false);
  });

  it('any text gives an answer, and each address is itself', () => {
    fc.assert(fc.property(fc.string(), (host) => typeof isHostOf(host, name) === 'boolean'));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
        const value = formatIpAddress(octets);
        return isHostOf(`[${value.toUpperCase()}]:80`, { type: 'ip', value });
      }),
    );
  });
});

function asked(header: string, headers: Record<string, string>): string | undefined {
  return requestedHost(new Request('http://listener.example:5002/x', { headers }), { header });
}

describe('the host that a request is for', () => {
  it('is the request’s own', () => {
    expect(asked('', { host: 'a.example' })).toBe('a.example');
    expect(asked('hOST', { host: 'a.example' })).toBe('a.example');
    expect(asked('Host', {})).toBe('listener.example:5002');
  });

  it('is the first item of the header named', () => {
    expect(asked('X-Forwarded-Host', { 'x-forwarded-host': ' a.example , b.example' })).toBe('a.example');
    expect(asked('X-Forwarded-Host', { host: 'a.example' })).toBeUndefined();
  });

  it.each([
    ['host=a.example', 'a.example'],
    ['for=192.0.2.60;proto=http;Host=a.example', 'a.example'],
    ['for="[2001:db8::1]:4711"; host="a.example:80"; proto=http', 'a.example:80'],
    ['for="a;host=evil.example";host=a.example', 'a.example'],
    ['host="a\\.example"', 'a.example'],
    [' ; host=a.example ;', 'a.example'],
    ['host=a.example, host=b.example', 'a.example'],
    ['for=1.2.3.4, host=b.example', undefined],
    ['host=', undefined],
    ['host="a.example', undefined],
    ['host=a.example b.example', undefined],
    ['', undefined],
  ])('in Forwarded: %s', (forwarded, host) => {
    expect(asked('Forwarded', { forwarded })).toBe(host);
  });

  it('is found whatever the quoting and whatever stands before it in the element', () => {
    const value = fc.stringMatching(/^[!-~]{1,20}$/);
    fc.assert(
      fc.property(value, value, (before, host) => {
        const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
        expect(asked('Forwarded', { forwarded: `for=${quote(before)};host=${quote(host)},host=x` })).toBe(host);
      }),
    );
  });
});
