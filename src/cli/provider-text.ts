/** DNS providers as text for a terminal of 80 columns. */
import { twoColumns, wrap } from '../argv/text-table.ts';
import type { ProviderEntry, ProviderVariable } from '../dns/index.ts';

const width = 80;

/** Code and name of each. */
export function providerList(entries: readonly ProviderEntry[]): string {
  const left = Math.min(24, Math.max(0, ...entries.map(({ code }) => code.length)));
  const rows = entries.map((entry) => [entry.code, nameOf(entry)] as const);
  const end = ['', 'everseal dnshelp CODE tells which variables a provider reads.', ''];
  return [...twoColumns(rows, { left, width }), ...end].join('\n');
}

function nameOf({ name, aliases = [], retired }: ProviderEntry): string {
  const also = aliases.length === 0 ? [] : [`also ${aliases.join(', ')}`];
  const facts = [...also, ...(retired === undefined ? [] : ['retired'])];
  return facts.length === 0 ? name : `${name} (${facts.join('; ')})`;
}

/** All about one. */
export function providerManual(entry: ProviderEntry): string {
  const { code, url, variables, notes = [], values } = entry;
  const required = variables.filter(({ need }) => need === 'required');
  const others = variables.filter(({ need }) => need !== 'required');
  const oneValue =
    'It keeps one value a name: a name and its wildcard do not fit into one certificate with it, unless a CNAME leads each elsewhere.';
  const paragraphs = [...(values === 'one' ? [oneValue] : []), ...notes];
  const blocks = [
    [`${code}: ${nameOf(entry)}`, url],
    required.length === 0 ? [] : ['Variables, required', ...required.flatMap(variableLines)],
    others.length === 0
      ? []
      : [`Variables${required.length === 0 ? '' : ', optional'}`, ...others.flatMap(variableLines)],
    variables.length === 0
      ? []
      : wrap('For each variable, NAME_FILE may name a file that holds the value instead.', width),
    ...paragraphs.map((paragraph) => wrap(paragraph, width)),
    ['Example', `  ${exampleOf(code, required)}`],
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function variableLines({ name, doc, aliases = [], default: usual, secret }: ProviderVariable): readonly string[] {
  const facts = [
    /[.!?]$/.test(doc) ? doc : `${doc}.`,
    ...(usual === undefined ? [] : [`Default: ${usual}.`]),
    ...(secret === true ? ['Secret.'] : []),
    ...(aliases.length === 0 ? [] : [`Also: ${aliases.join(', ')}.`]),
  ];
  return [`  ${name}`, ...wrap(facts.join(' '), width - 6).map((line) => `      ${line}`)];
}

function exampleOf(code: string, required: readonly ProviderVariable[]): string {
  const settings = required.map(({ name }) => `${name}=…`);
  return [...settings, `everseal run -a -m you@example.com -d '*.example.com' --dns ${code}`].join(' \\\n  ');
}
