/** Where a chain of CNAME records ends. */
import { EversealError, printable } from '../core/index.ts';
import { canonicalName, sameName } from './name.ts';
import type { DnsAnswer, DnsResolver } from './resolver.ts';

/** As many as lego follows; no public resolver follows as many. */
const mostLinks = 50;

/**
 * The name at the end of the chain. Links that come together in one answer are not asked for again.
 *
 * @throws EversealError `dns-failed` for a loop or a chain without end; what `query` fails with
 */
export async function followCname(
  resolver: Pick<DnsResolver, 'query'>,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  const chain = [canonicalName(name)];
  for (;;) {
    const end = chain.at(-1) ?? '';
    extendChain(chain, await resolver.query(end, 'CNAME', signal));
    if (chain.at(-1) === end) return end;
  }
}

function extendChain(chain: string[], answer: DnsAnswer): void {
  for (;;) {
    const target = targetOf(answer, chain.at(-1) ?? '');
    if (target === undefined) return;
    const looped = chain.includes(target);
    chain.push(target);
    if (looped) throw endless(chain, 'come back to where they were');
    if (chain.length > mostLinks) throw endless(chain.slice(0, 4), `have more than ${mostLinks} links`);
  }
}

function targetOf(answer: DnsAnswer, name: string): string | undefined {
  const link = answer.answers.find((record) => record.type === 'CNAME' && sameName(record.name, name));
  return link?.type === 'CNAME' ? canonicalName(link.target) : undefined;
}

function endless(chain: readonly string[], how: string): EversealError {
  const shown = printable(chain.join(' → '), 600);
  return new EversealError('dns-failed', `The CNAME records from ${chain[0] ?? ''} ${how}: ${shown}`, {
    next: 'Let the last CNAME record point to a name that has none, or remove it.',
  });
}
