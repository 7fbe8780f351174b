import { holds } from './campaigns.testing.ts';
import { dnsTwoProcesses } from './dns-two-processes.ts';

holds(dnsTwoProcesses, { everywhere: [], sampled: { processes: ['a', 'b'], stride: 7 }, seeds: 12, atLeast: 100 });
