import { describe, expect, it } from 'vitest';
import { SeededRandom } from './random.ts';

const hex = (random: SeededRandom) => Buffer.from(random.bytes(16)).toString('hex');

describe('seeded randomness', () => {
  it('is decided by its seed', () => {
    expect(hex(new SeededRandom('a'))).toBe(hex(new SeededRandom('a')));
    expect(hex(new SeededRandom('a'))).not.toBe(hex(new SeededRandom('b')));
  });

  it('a fork does not depend on what was drawn before, nor on other forks', () => {
    const [quiet, busy] = [new SeededRandom('a'), new SeededRandom('a')];
    busy.bytes(1000);
    busy.fork('other').bytes(1000);
    expect(hex(busy.fork('x'))).toBe(hex(quiet.fork('x')));
  });

  it('a second fork of one label is another stream', () => {
    const random = new SeededRandom('a');
    expect(hex(random.fork('x'))).not.toBe(hex(random.fork('x')));
  });

  it('spreads evenly', () => {
    const random = new SeededRandom('even');
    const buckets = Array<number>(10).fill(0);
    for (let n = 0; n < 10_000; n += 1) {
      const bucket = random.below(10);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
    const bits = random.bytes(10_000).reduce((sum, octet) => sum + octet.toString(2).replaceAll('0', '').length, 0);
    expect(Math.abs(bits - 40_000)).toBeLessThan(1000);
  });

  it('picks with the chance it is given', () => {
    const random = new SeededRandom('chance');
    const hits = Array.from({ length: 1000 }, () => random.chance(0.2)).filter(Boolean).length;
    expect(hits).toBeGreaterThan(120);
    expect(hits).toBeLessThan(280);
    expect(random.chance(0)).toBe(false);
  });
});
