/** What the CA asks the DNS. */
import { EversealError, printable } from '../core/index.ts';
import type { KnownType, ResourceRecord } from '../dns/message.ts';
import type { DnsAnswer, DnsResolver } from '../dns/resolver.ts';
import type { CaContext } from './context.ts';
import { CaProblem } from './problem.ts';

/** What the CA needs of a resolver. */
export type CaResolver = Pick<DnsResolver, 'query'>;

/** Longer chains of aliases are given up. */
const maxAliases = 16;

type RecordOf<T extends KnownType> = ResourceRecord & { readonly type: T };

/** The records of one type at a name or at the end of its aliases. */
export interface Lookup<T extends KnownType> {
  readonly records: readonly RecordOf<T>[];
  /** There is no such name. */
  readonly nowhere: boolean;
  /** The name as asked, and what it is an alias of, without final dots. */
  readonly chain: readonly string[];
}

/** @throws CaProblem `dns` when aliases do not end or no resolver answers */
export async function lookUp<T extends KnownType>(ca: CaContext, name: string, type: T): Promise<Lookup<T>> {
  const resolver = await ca.resolver();
  const chain = [absolute(name)];
  for (;;) {
    const asked = endOf(chain);
    const answer = await ask(resolver, asked, type);
    followAliases(chain, answer);
    const records = answer.answers.filter((record): record is RecordOf<T> => isAt(record, endOf(chain), type));
    if (records.length > 0 || endOf(chain) === asked)
      return { records, nowhere: answer.rcode === 'NXDOMAIN', chain: chain.map((link) => link.slice(0, -1)) };
  }
}

async function ask(resolver: CaResolver, name: string, type: KnownType): Promise<DnsAnswer> {
  try {
    return await resolver.query(name, type, new AbortController().signal);
  } catch (error) {
    if (!(error instanceof EversealError)) throw error;
    throw new CaProblem('dns', `${type} of ${name.slice(0, -1)} cannot be looked up: ${printable(error.message, 300)}`);
  }
}

/** The texts of the TXT records: the strings of one record joined. Notes in `visited` what it saw. */
export async function lookUpTexts(
  ca: CaContext,
  name: string,
  visited: string[],
): Promise<{ readonly texts: readonly string[]; readonly where: string }> {
  const { records, nowhere, chain } = await lookUp(ca, name, 'TXT');
  const where = chain.join(', an alias of ');
  const texts = records.map(({ strings }) => Buffer.concat(strings).toString('utf8'));
  visited.push(`TXT ${where}: ${nowhere ? 'NXDOMAIN' : shownTexts(texts)}`);
  if (nowhere) throw new CaProblem('dns', `${where} does not exist (NXDOMAIN)`);
  return { texts, where };
}

/** IPv6 first, as hosts do. */
export async function lookUpAddresses(ca: CaContext, host: string): Promise<readonly string[]> {
  const [v6, v4] = await Promise.all([lookUp(ca, host, 'AAAA'), lookUp(ca, host, 'A')]);
  const addresses = [...v6.records, ...v4.records].map(({ address }) => address);
  if (addresses.length === 0) {
    const what = v6.nowhere || v4.nowhere ? 'does not exist (NXDOMAIN)' : 'has no address';
    throw new EversealError('name-not-found', `${host} ${what}`);
  }
  return addresses;
}

/** Texts of a stranger, for a message. */
export function shownTexts(texts: readonly string[]): string {
  const shown = texts.slice(0, 10).map((text) => `"${printable(text, 100)}"`);
  const more = texts.length > shown.length ? ` and ${texts.length - shown.length} more` : '';
  return texts.length === 0 ? 'nothing' : `${shown.join(', ')}${more}`;
}

/** Appends what the last name of the chain is an alias of, as far as the answer tells. */
function followAliases(chain: string[], answer: DnsAnswer): void {
  for (;;) {
    const alias = answer.answers.find((record): record is RecordOf<'CNAME'> => isAt(record, endOf(chain), 'CNAME'));
    if (alias === undefined) return;
    const target = alias.target.toLowerCase();
    if (chain.includes(target))
      throw new CaProblem('dns', `The aliases of ${chain[0]} go round in a circle: ${target}`);
    if (chain.length > maxAliases) throw new CaProblem('dns', `${chain[0]} leads to more than ${maxAliases} aliases`);
    chain.push(target);
  }
}

function isAt(record: ResourceRecord, name: string, type: KnownType): boolean {
  return record.type === type && record.name.toLowerCase() === name;
}

function endOf(chain: readonly string[]): string {
  return chain.at(-1) ?? '.';
}

function absolute(name: string): string {
  return `${name.toLowerCase()}.`;
}
