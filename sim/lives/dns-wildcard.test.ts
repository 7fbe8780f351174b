import { holds } from './campaigns.testing.ts';
import { dnsWildcard } from './dns-wildcard.ts';

holds(dnsWildcard, { everywhere: ['client'], seeds: 16, atLeast: 100 });
