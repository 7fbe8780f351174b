import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from './secret.ts';

describe('Secret', () => {
  const secret = new Secret('hunter2');

  it.each([
    ['a template', () => `${secret}`],
    ['String', () => String(secret)],
    ['JSON', () => JSON.stringify({ secret })],
    ['inspect', () => inspect({ deep: { secret } }, { depth: 9, showHidden: true })],
    ['an error’s message', () => String(new TypeError(`bad ${secret}`))],
    ['its own properties', () => JSON.stringify(Object.entries(secret))],
  ])('does not show in %s', (_, show) => {
    expect(show()).not.toContain('hunter2');
  });

  it('says that something is hidden, and reveals it when asked', () => {
    expect(`${secret}`).toBe('[redacted]');
    expect(JSON.stringify([secret])).toBe('["[redacted]"]');
    expect(inspect(secret)).toBe('[redacted]');
    expect(secret.reveal()).toBe('hunter2');
  });
});
