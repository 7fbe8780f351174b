import { caAway } from './ca-away.ts';
import { holds } from './campaigns.testing.ts';

// Its busier sister, `busyTimer`, runs in `npm run sim` and among the found seeds: a day of ten-minute wakes costs too much here.
holds(caAway, { everywhere: ['client'], seeds: 16, atLeast: 100 });
