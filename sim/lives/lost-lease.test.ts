import { holds } from './campaigns.testing.ts';
import { lostLease } from './lost-lease.ts';

holds(lostLease, { everywhere: [], sampled: { processes: ['client', 'other'], stride: 9 }, seeds: 12, atLeast: 0 });
