import { busyTimer, caAway } from './ca-away.ts';
import { holds } from './campaigns.testing.ts';

holds(caAway, { everywhere: ['client'], seeds: 16, atLeast: 100 });
holds(busyTimer, { everywhere: [], sampled: { processes: ['client'], stride: 250 }, seeds: 2, atLeast: 0 });
