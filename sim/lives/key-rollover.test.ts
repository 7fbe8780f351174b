import { holds } from './campaigns.testing.ts';
import { keyRollover } from './key-rollover.ts';

holds(keyRollover, { everywhere: ['client'], seeds: 20, atLeast: 50 });
