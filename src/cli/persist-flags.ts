/** The commands about DNS-PERSIST-01 records: `persist show`, `persist check`, `persist apply`. */
import type { CommandSpec, FlagSpec } from '../argv/index.ts';
import { persistVariables } from '../faces/lego/challenge-flags.ts';
import { runFlags } from '../faces/lego/flags.ts';

const group = 'Record';
const asked = 'What is asked';

/** Rows that mean the same with `run`. */
function runRows<N extends (typeof runFlags)[number]['name']>(...names: readonly N[]) {
  type Row = Extract<(typeof runFlags)[number], { readonly name: N }>;
  const wanted: readonly string[] = names;
  return runFlags.filter((flag): flag is Row => wanted.includes(flag.name));
}

const recordFlags = [
  {
    name: 'dns-persist.issuer-domain-name',
    type: 'string',
    group,
    placeholder: 'NAME',
    doc: 'Which of the CA’s names to write',
    more: 'Without it: the one that a record is there for, else the first in the alphabet. Needed where the directory of the CA names none.',
  },
  {
    name: 'dns-persist.persist-until',
    type: 'timestamp',
    group,
    placeholder: 'TIME',
    doc: 'When it ends to be good',
    more: 'Such as 2027-01-31T00:00:00Z. Without it the record has no end.',
  },
  {
    name: 'every-name',
    type: 'bool',
    env: [],
    group,
    doc: 'Let it say nothing of the domain',
    more: 'The record is then the same for all domains of the account, so that one CNAME target serves many. Only for CAs with draft-02; with others it is always so.',
  },
  {
    name: 'dns.resolvers',
    aliases: ['dns-persist.resolvers'],
    env: ['LEGO_DNS_PERSIST_RESOLVERS', 'LEGO_DNS_RESOLVERS'],
    type: 'list',
    group: asked,
    placeholder: 'HOST:PORT',
    doc: 'Resolvers to ask, not this machine’s',
  },
  {
    name: 'dns.timeout',
    aliases: ['dns-persist.timeout'],
    env: ['LEGO_DNS_PERSIST_TIMEOUT', 'LEGO_DNS_TIMEOUT'],
    type: 'int',
    default: 10,
    group: asked,
    placeholder: 'SECONDS',
    rare: true,
    doc: 'How long one DNS query may take',
  },
  ...runRows(
    'server',
    'email',
    'accept-tos',
    'account-id',
    'key-type',
    'eab',
    'eab.kid',
    'eab.hmac',
    'http-timeout',
    'tls-skip-verify',
    'user-agent',
    'ipv4only',
    'ipv6only',
    'path',
  ),
  { name: 'json', type: 'bool', env: [], group: 'Files and output', doc: 'Print the records as JSON' },
] as const satisfies readonly FlagSpec[];

const applyFlags = [
  {
    name: 'dns-persist.provider',
    aliases: ['dns'],
    type: 'string',
    group,
    placeholder: 'CODE',
    doc: 'DNS provider that makes it',
    more: 'Credentials come from the environment: `everseal dnshelp CODE` tells which.',
  },
  ...recordFlags,
  {
    name: 'dns-persist.propagation.wait',
    type: 'duration',
    group: asked,
    placeholder: 'DURATION',
    rare: true,
    doc: 'Wait so long instead of asking servers for the record',
  },
  {
    name: 'dns-persist.propagation.disable-ans',
    type: 'bool',
    group: asked,
    rare: true,
    doc: 'Do not ask the authoritative servers for the record',
  },
  {
    name: 'dns-persist.propagation.disable-rns',
    type: 'bool',
    group: asked,
    rare: true,
    doc: 'Do not ask the resolvers for the record',
  },
] as const satisfies readonly FlagSpec[];

const common = { envPrefix: 'LEGO_', words: ['NAME…'] } as const;
const usage = 'NAME… -s URL [-m ADDRESS] [FLAGS]';
const names = "-s letsencrypt example.com '*.example.com'";

export const persistShowCommand = {
  ...common,
  name: 'persist show',
  summary: 'show DNS records that prove names at any time',
  usage,
  flags: recordFlags,
  examples: [{ doc: 'what to create for a name and its wildcard', line: `everseal persist show -a ${names}` }],
} as const satisfies CommandSpec<typeof recordFlags>;

export const persistCheckCommand = {
  ...common,
  name: 'persist check',
  summary: 'see whether DNS has those records',
  usage,
  flags: recordFlags,
  examples: [{ doc: 'exit code 1 when something is missing', line: `everseal persist check ${names}` }],
} as const satisfies CommandSpec<typeof recordFlags>;

export const persistApplyCommand = {
  ...common,
  name: 'persist apply',
  summary: 'make those that are missing, at a DNS provider',
  usage: 'NAME… -s URL --dns CODE [FLAGS]',
  flags: applyFlags,
  variables: persistVariables.filter(({ name }) => !name.includes('MANUAL')),
  examples: [{ doc: 'at Cloudflare', line: `everseal persist apply -a ${names} --dns cloudflare` }],
} as const satisfies CommandSpec<typeof applyFlags>;
