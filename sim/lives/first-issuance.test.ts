import { holds } from './campaigns.testing.ts';
import { firstIssuance } from './first-issuance.ts';

holds(firstIssuance, { everywhere: ['client'], seeds: 20, atLeast: 150 });
