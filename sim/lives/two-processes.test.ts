import { holds } from './campaigns.testing.ts';
import { twoProcesses } from './two-processes.ts';

holds(twoProcesses, { everywhere: ['b'], sampled: { processes: ['a'], stride: 5 }, seeds: 20, atLeast: 100 });
