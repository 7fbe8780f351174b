import { holds } from './campaigns.testing.ts';
import { dnsWildcard } from './dns-wildcard.ts';

holds(dnsWildcard, { everywhere: ['client'], seeds: 12, atLeast: 100 });
