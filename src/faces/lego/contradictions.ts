/** Flags of `run` that each make sense, but not together. */
import type { Parsed } from '../../argv/index.ts';
import { EversealError } from '../../core/index.ts';
import type { runFlags } from './flags.ts';

export type RunFlags = Parsed<typeof runFlags>;

/** The flags that say which CA, and whose account. */
export interface CaFlags {
  readonly values: Pick<
    RunFlags['values'],
    | 'server'
    | 'email'
    | 'account-id'
    | 'accept-tos'
    | 'key-type'
    | 'eab'
    | 'eab.kid'
    | 'eab.hmac'
    | 'tls-skip-verify'
    | 'ipv4only'
    | 'ipv6only'
    | 'http-timeout'
    | 'user-agent'
  >;
}

interface Contradiction<F = RunFlags> {
  readonly when: (flags: F) => boolean;
  readonly message: string;
  readonly next: string;
}

const waits = [
  'ari-wait-to-renew-duration',
  'http.delay',
  'tls.delay',
  'dns.propagation.wait',
  'dns-persist.propagation.wait',
] as const;

const caContradictions: readonly Contradiction<CaFlags>[] = [
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
];

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
    when: ({ values }) => !(values.http || values.tls || values.dns || values['dns-account'] || values['dns-persist']),
    message: 'No challenge was selected',
    next: 'Add --http, --tls, --dns CODE or --dns-persist to say how control of the names is proved.',
  },
  ...(['dns', 'dns-persist'] as const).flatMap((prefix): readonly Contradiction[] =>
    (['disable-ans', 'disable-rns'] as const).map((disable) => ({
      when: ({ values }) =>
        values[`${prefix}.propagation.wait`] !== undefined && values[`${prefix}.propagation.${disable}`],
      message: `Both --${prefix}.propagation.wait and --${prefix}.propagation.${disable} were given`,
      next: 'Give one of them: with a fixed wait no server is asked.',
    })),
  ),
  ...caContradictions,
  {
    when: ({ values }) => waits.some((name) => (values[name] ?? 0) < 0),
    message: 'A wait cannot be negative',
    next: 'Give a duration such as 0, 30s or 2m.',
  },
];

/** @throws EversealError `usage` for the first contradiction of the table */
export function refuseContradictions(flags: RunFlags): void {
  refuseFirst(contradictions, flags);
}

/** @throws EversealError `usage` for flags of the CA and the account that do not go together */
export function refuseCaContradictions(flags: CaFlags): void {
  refuseFirst(caContradictions, flags);
}

function refuseFirst<F>(table: readonly Contradiction<F>[], flags: F): void {
  const found = table.find(({ when }) => when(flags));
  if (found !== undefined) throw new EversealError('usage', found.message, { next: found.next });
}

/** Flags that mean nothing without another one. */
const companions: readonly (readonly [
  flags: readonly string[],
  without: string,
  isIdle: (flags: RunFlags) => boolean,
])[] = [
  [['eab.kid', 'eab.hmac'], '--eab', ({ values }) => !values.eab],
  [['http.webroot', 'http.proxy-header', 'http.delay'], '--http', ({ values }) => !values.http],
  [['tls.address', 'tls.delay'], '--tls', ({ values }) => !values.tls],
  [
    ['dns.propagation.wait', 'dns.propagation.disable-ans', 'dns.propagation.disable-rns'],
    '--dns',
    ({ values }) => !values.dns && !values['dns-account'],
  ],
  [
    ['dns-persist.provider', 'dns-persist.issuer-domain-name', 'dns-persist.persist-until'],
    '--dns-persist',
    ({ values }) => !values['dns-persist'],
  ],
  [['http.address', 'http.proxy-header'], 'a listener', ({ values }) => values.http && Boolean(values['http.webroot'])],
];

/** What was given and changes nothing, as warnings. */
export function uselessFlags(flags: RunFlags): readonly string[] {
  const given: ReadonlySet<string> = flags.given;
  return companions.flatMap(([names, without, isIdle]) => {
    const idle = names.filter((name) => given.has(name));
    if (idle.length === 0 || !isIdle(flags)) return [];
    const verb = idle.length === 1 ? 'is' : 'are';
    return [`${idle.map((name) => `--${name}`).join(' and ')} ${verb} not used without ${without}`];
  });
}

/** @throws EversealError `usage` for a time below one second */
export function atLeastOne(flag: string, value: number): number {
  if (value >= 1) return value;
  throw new EversealError('usage', `Flag ${flag} cannot be ${value}`, { next: 'Give a number of seconds from 1 on.' });
}
