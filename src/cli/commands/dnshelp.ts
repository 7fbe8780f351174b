/** `everseal dnshelp`: which DNS providers there are, and what each needs. */
import { parseCommand, urfave } from '../../argv/index.ts';
import { EversealError, printable } from '../../core/index.ts';
import { findProvider, providers } from '../../providers/index.ts';
import { dnshelpCommand } from '../dnshelp-flags.ts';
import { exitCodes } from '../failure.ts';
import type { CommandMain } from '../invocation.ts';
import { providerList, providerManual } from '../provider-text.ts';

export const dnshelpMain: CommandMain = async ({ environment, print }, words) => {
  const flags = parseCommand(dnshelpCommand, words, environment, urfave);
  const code = oneOf(flags.values.code || undefined, flags.words[0]);
  print(code === undefined ? providerList(providers) : providerManual(findProvider(code)));
  return exitCodes.ok;
};

function oneOf(flag: string | undefined, word: string | undefined): string | undefined {
  if (flag === undefined || word === undefined || flag === word) return flag ?? word;
  throw new EversealError('usage', `Two providers were given: ${printable(word, 80)} and ${printable(flag, 80)}`, {
    next: 'Ask for one at a time.',
  });
}
