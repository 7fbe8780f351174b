/** Flags of `run` that each make sense, but not together. */
import type { Parsed } from '../../argv/index.ts';
import { EversealError } from '../../core/index.ts';
import type { runFlags } from './flags.ts';

export type RunFlags = Parsed<typeof runFlags>;

interface Contradiction {
  readonly when: (flags: RunFlags) => boolean;
  readonly message: string;
  readonly next: string;
}

const contradictions: readonly Contradiction[] = [
  {
    when: ({ values }) => values.domains.length > 0 && Boolean(values.csr),
    message: 'Both --domains and --csr were given',
    next: 'Give one of them: a signing request brings its own names.',
  },
  {
    when: ({ values }) => values.domains.length === 0 && !values.csr && !values['cert.name'],
    message: 'There is nothing to get a certificate for',
    next: 'Name it with --domains, or the stored one with --cert.name, or give a signing request with --csr.',
  },
  {
    when: ({ values }) => values['force-cert-domains'] && Boolean(values.csr),
    message: 'Both --force-cert-domains and --csr were given',
    next: 'Leave out --force-cert-domains: the names of a signing request are exact anyway.',
  },
  {
    when: ({ values }) => Boolean(values['private-key']) && Boolean(values.csr),
    message: 'Both --private-key and --csr were given',
    next: 'Give one of them: a signing request is signed by its key already.',
  },
  {
    when: ({ values }) => !values.http,
    message: 'No challenge was selected',
    next: 'Add --http to prove control of the names by HTTP-01.',
  },
  {
    when: ({ values }) => values.ipv4only && values.ipv6only,
    message: 'Both --ipv4only and --ipv6only were given',
    next: 'Leave both out to use IPv4 and IPv6.',
  },
  {
    when: ({ values }) => values.eab && !(values['eab.kid'] && values['eab.hmac']),
    message: '--eab needs --eab.kid and --eab.hmac',
    next: 'Give both, as the CA told you.',
  },
  {
    when: ({ values }) => values['ari-wait-to-renew-duration'] < 0 || values['http.delay'] < 0,
    message: 'A wait cannot be negative',
    next: 'Give a duration such as 0, 30s or 2m.',
  },
];

/** @throws EversealError `usage` for the first contradiction of the table */
export function refuseContradictions(flags: RunFlags): void {
  const found = contradictions.find(({ when }) => when(flags));
  if (found !== undefined) throw new EversealError('usage', found.message, { next: found.next });
}

/** What was given and changes nothing, as warnings. */
export function uselessFlags({ values, given }: RunFlags): readonly string[] {
  const idle = !values.eab && Boolean(values['eab.kid'] || values['eab.hmac']);
  return [
    ...(idle ? ['--eab.kid and --eab.hmac are not used without --eab'] : []),
    ...(given.has('http.proxy-header')
      ? ['--http.proxy-header changes nothing: answers are found by their token, whatever the proxy does to headers']
      : []),
  ];
}

/** @throws EversealError `usage` for a time below one second */
export function atLeastOne(flag: string, value: number): number {
  if (value >= 1) return value;
  throw new EversealError('usage', `Flag ${flag} cannot be ${value}`, { next: 'Give a number of seconds from 1 on.' });
}
