import { expect, it } from 'vitest';
import { NoncePool } from './nonce-pool.ts';

it('gives the newest nonce first and keeps 64', () => {
  const pool = new NoncePool();
  for (let i = 0; i < 100; i += 1) pool.put(`n${i}`);
  expect(pool.size).toBe(64);
  expect(pool.take()).toBe('n99');
  expect(pool.take()).toBe('n98');
  for (let i = 0; i < 61; i += 1) pool.take();
  expect(pool.take()).toBe('n36');
  expect(pool.take()).toBeUndefined();
});
