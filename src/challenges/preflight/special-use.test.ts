import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpAddress } from '../../core/index.ts';
import { isSpecialUse, specialAddress } from './special-use.ts';

it.each([
  ['a.test', true],
  ['localhost', true],
  ['x.y.internal', true],
  ['printer.local', true],
  ['nas', true],
  ['shop.com', false],
  ['test.com', false],
  ['home.arpa.example.net', false],
])('%s: is known on private networks only: %s', (name, expected) => {
  expect(isSpecialUse(name)).toBe(expected);
});

describe('an address', () => {
  it.each([
    ['10.255.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', undefined],
    ['172.15.255.255', undefined],
    ['100.64.0.1', 'shared by the customers of one provider'],
    ['100.128.0.1', undefined],
    ['127.0.0.1', 'loopback'],
    ['192.0.2.1', 'for documentation'],
    ['198.19.1.1', 'for benchmarks'],
    ['8.8.8.8', undefined],
    ['::1', 'loopback'],
    ['::2', undefined],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['fd12::1', 'private'],
    ['2001:db8::1', 'for documentation'],
    ['2001:db9::1', undefined],
    ['::ffff:8.8.8.8', 'an IPv4 address in IPv6 form'],
    ['2606:4700::1', undefined],
    ['shop.com', undefined],
  ])('%s is %s', (address, expected) => {
    expect(specialAddress(address)).toBe(expected);
  });

  it('below 10.0.0.0/8 is private, and only what begins with 10 is in it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 3, maxLength: 3 }), (rest) => {
        expect(specialAddress(formatIpAddress(Uint8Array.of(10, ...rest)))).toBe('private');
        expect(specialAddress(formatIpAddress(Uint8Array.of(11, ...rest)))).toBeUndefined();
      }),
    );
  });
});
