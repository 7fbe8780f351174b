import type { CommandSpec, FlagSpec } from '../argv/index.ts';
import { caCodes } from '../faces/lego/servers.ts';

const challenges = 'Challenges';
const asking = 'What is asked';

const doctorFlags = [
  {
    name: 'http',
    type: 'bool',
    group: challenges,
    doc: 'Look whether HTTP-01 can work',
    more: 'The default for all but wildcards. While it looks, a listener of our own answers, unless another program has the port.',
  },
  {
    name: 'http.port',
    type: 'int',
    default: 80,
    group: challenges,
    placeholder: 'PORT',
    doc: 'The port that the CA visits for it',
    more: 'A public CA visits port 80.',
  },
  {
    name: 'http.address',
    type: 'string',
    group: challenges,
    placeholder: 'ADDR',
    doc: 'Where to listen for it',
    defaultText: 'that port',
    more: 'HOST:PORT or :PORT, when that port is forwarded to another one here.',
  },
  { name: 'tls', type: 'bool', group: challenges, doc: 'Look whether TLS-ALPN-01 can work' },
  {
    name: 'tls.port',
    type: 'int',
    default: 443,
    group: challenges,
    placeholder: 'PORT',
    doc: 'The port that the CA visits for it',
    more: 'A public CA visits port 443.',
  },
  {
    name: 'dns',
    type: 'string',
    group: challenges,
    placeholder: 'CODE',
    doc: 'Look whether DNS-01 can work, at this provider',
    more: 'The default for wildcards. Nothing is written, and no credentials are needed.',
  },
  {
    name: 'server',
    aliases: ['s'],
    type: 'string',
    group: asking,
    placeholder: 'URL',
    doc: 'The CA by URL or short code',
    more: `It is asked only for the names by which it goes in CAA records. A short code is one of ${caCodes.join(', ')}.`,
  },
  {
    name: 'account-url',
    type: 'string',
    group: asking,
    placeholder: 'URL',
    doc: 'Your account, to compare with CAA records',
  },
  {
    name: 'dns.resolvers',
    type: 'list',
    group: asking,
    placeholder: 'HOST:PORT',
    doc: 'Resolvers to ask instead of those of this machine',
    more: 'Port 53 unless another is given. Only with them are names looked at that the public DNS does not know, such as a.internal.',
  },
  {
    name: 'timeout',
    type: 'duration',
    default: 15_000,
    group: asking,
    placeholder: 'DURATION',
    doc: 'For everything together',
  },
  { name: 'json', type: 'bool', group: 'Output', doc: 'Print the findings as JSON' },
] as const satisfies readonly FlagSpec[];

export const doctorCommand = {
  name: 'doctor',
  summary: 'find out why a CA would refuse names, before it is asked',
  usage: 'NAME… [--http|--tls|--dns CODE] [FLAGS]',
  flags: doctorFlags,
  words: ['NAME…'],
  variables: [
    {
      name: 'LEGO_CA_CERTIFICATES',
      doc: "PEM files to trust the CA's server by instead of the system's roots, separated as in PATH.",
    },
  ],
  examples: [
    { doc: 'a name that Let’s Encrypt will visit', line: 'everseal doctor www.example.com --server letsencrypt' },
    { doc: 'a wildcard', line: "everseal doctor '*.example.com' example.com --dns cloudflare" },
  ],
} as const satisfies CommandSpec<typeof doctorFlags>;
