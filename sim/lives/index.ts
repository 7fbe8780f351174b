/** All lives, by name. */
import type { Life } from '../life.ts';
import type { Town } from '../town.ts';
import { busyTimer, caAway } from './ca-away.ts';
import { dnsRecordsById, dnsSharedRrset } from './dns-api.ts';
import { dnsTwoProcesses } from './dns-two-processes.ts';
import { dnsWildcard } from './dns-wildcard.ts';
import { firstIssuance } from './first-issuance.ts';
import { keyRollover } from './key-rollover.ts';
import { lostLease } from './lost-lease.ts';
import { renewal } from './renewal.ts';
import { twoProcesses } from './two-processes.ts';

export const lives: readonly Life<Town>[] = [
  firstIssuance,
  renewal,
  keyRollover,
  twoProcesses,
  caAway,
  busyTimer,
  lostLease,
  dnsWildcard,
  dnsTwoProcesses,
  dnsRecordsById,
  dnsSharedRrset,
];
