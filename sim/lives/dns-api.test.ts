import { holds } from './campaigns.testing.ts';
import { dnsRecordsById, dnsSharedRrset } from './dns-api.ts';

holds(dnsRecordsById, { everywhere: [], sampled: { processes: ['client'], stride: 5 }, seeds: 12, atLeast: 100 });
holds(dnsSharedRrset, { everywhere: [], sampled: { processes: ['a', 'b'], stride: 11 }, seeds: 16, atLeast: 100 });
