import { defineConfig } from 'vitest/config';

// Real peers on loopback: slow to start, and each suite wants the processor to itself.
export default defineConfig({
  test: {
    include: ['interop/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    fileParallelism: false,
  },
});
