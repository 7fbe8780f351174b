import { holds } from './campaigns.testing.ts';
import { renewal } from './renewal.ts';

holds(renewal, { everywhere: ['client'], seeds: 20, atLeast: 100 });
