import type { CommandSpec, FlagSpec } from '../argv/index.ts';

const dnshelpFlags = [
  {
    name: 'code',
    aliases: ['c'],
    type: 'string',
    group: 'Flags',
    placeholder: 'CODE',
    doc: 'The provider, as a flag instead of a word',
  },
] as const satisfies readonly FlagSpec[];

export const dnshelpCommand = {
  name: 'dnshelp',
  summary: 'list the DNS providers, or explain one and its variables',
  usage: '[CODE]',
  flags: dnshelpFlags,
  words: ['CODE'],
  examples: [
    { doc: 'all providers', line: 'everseal dnshelp' },
    { doc: 'what Cloudflare needs', line: 'everseal dnshelp cloudflare' },
  ],
} as const satisfies CommandSpec<typeof dnshelpFlags>;
