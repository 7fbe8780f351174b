import * as fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../core/index.ts';
import { parseServerJson, parseServerObject, readDate, readServerObject } from './server-json.ts';

describe('JSON of a server', () => {
  it('is read as it was written, but for nulls', () => {
    const plain = fc.json({ maxDepth: 5 }).filter((text) => !text.includes('null'));
    fc.assert(
      fc.property(plain, (text) => {
        expect(parseServerJson(utf8(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('members that are null are absent', () => {
    expect(parseServerObject(utf8('{"a":null,"b":{"c":null,"d":1}}'))).toEqual({ b: { d: 1 } });
  });

  it('is refused beyond 64 levels, and brackets in strings are none', () => {
    expect(parseServerObject(utf8(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`))).toBeUndefined();
    expect(parseServerObject(utf8(`${'{"a":'.repeat(64)}1${'}'.repeat(64)}`))).toBeDefined();
    expect(parseServerObject(utf8(JSON.stringify({ a: `\\"${'['.repeat(1000)}` })))).toBeDefined();
  });

  it('cannot reach any prototype', () => {
    const value = parseServerObject(utf8('{"__proto__":{"status":"valid"},"constructor":{"prototype":{"status":1}}}'));
    expect(Reflect.get(Object.prototype, 'status')).toBeUndefined();
    expect(v.safeParse(v.object({ status: v.string() }), value).success).toBe(false);
  });

  it('an error names the member that is wrong and stays printable', () => {
    const source = { url: 'https://ca.test/x', body: utf8('{"a":{"b":7}}') };
    expect(() => readServerObject(source, v.object({ a: v.object({ b: v.string() }) }), 'The thing')).toThrow(
      /The thing at https:\/\/ca.test\/x.*a\.b/,
    );
    const html = { url: 'https://ca.test/x', body: utf8('<html>\u001b[2J') };
    expect(() => readServerObject(html, v.object({}), 'The thing')).toThrow(/<html> \[2J/);
  });
});

describe('dates of a server', () => {
  it.each(['2026-11-01T12:00:00Z', '2026-11-01T12:00:00.123456789Z', '2026-11-01T13:00:00+01:00'])('%s', (text) => {
    expect(readDate(text)?.toISOString().slice(0, 19)).toBe('2026-11-01T12:00:00');
  });

  it.each(['soon', '', '2026-11-01', '2026-13-01T00:00:00Z', '1e12', '+012026-11-01T12:00:00Z'])(
    '%j is none',
    (text) => {
      expect(readDate(text)).toBeUndefined();
    },
  );
});
