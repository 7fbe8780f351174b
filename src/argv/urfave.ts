import { EversealError, nearest, printable } from '../core/index.ts';
import { findFlag, spellings, type FlagSpec, type FlagType, type FlagValue } from './flag.ts';
import { parseGoBool, parseGoDuration, parseGoInt, parseRfc3339 } from './go-values.ts';
import type { Grammar, Occurrence, Scan } from './grammar.ts';

const readers: { readonly [T in FlagType]: (text: string) => FlagValue | undefined } = {
  string: (text) => text,
  bool: parseGoBool,
  list: (text) => text.split(','),
  duration: parseGoDuration,
  int: parseGoInt,
  timestamp: parseRfc3339,
};

const expectations: { readonly [T in FlagType]: string } = {
  string: 'a text',
  bool: 'true or false',
  list: 'a list separated by commas',
  duration: 'a duration such as 500ms, 30s or 2m',
  int: 'a whole number',
  timestamp: 'a time such as 2027-01-31T00:00:00Z',
};

/**
 * The grammar of lego v5 (urfave/cli v3): one dash or two, `--flag value` or `--flag=value`; a bool takes a value only
 * behind `=`; words are trimmed before they are looked at, values never; `--`, a lone `-` or a dash before anything but a
 * letter ends the flags. One thing is better than there: a digit that is an alias (`-4`) is that flag.
 */
export const urfave: Grammar = {
  scan,
  read: (flag, text) => readers[flag.type](text),
  readEmptyVariable: (flag) => (flag.type === 'bool' ? false : flag.type === 'string' ? '' : undefined),
  variable: (prefix, name) => `${prefix}${name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`,
  expectation: (flag) => expectations[flag.type],
};

function scan(words: readonly string[], flags: readonly FlagSpec[]): Scan {
  const occurrences: Occurrence[] = [];
  const others: Scan['words'][number][] = [];
  const rest = words[Symbol.iterator]();
  let after: Occurrence | undefined;
  for (const raw of rest) {
    const word = raw.trim();
    if (word === '--') return { occurrences, words: [...others, ...plain(rest)] };
    if (word.startsWith('-') && endsFlags(word, flags)) {
      return { occurrences, words: [...others, ...plain([word]), ...plain(rest)] };
    }
    if (word.startsWith('-')) {
      after = readOccurrence(word, rest, flags);
      occurrences.push(after);
      continue;
    }
    others.push({ text: word, after });
    after = undefined;
  }
  return { occurrences, words: others };
}

function plain(words: Iterable<string>): Scan['words'] {
  return Array.from(words, (text) => ({ text, after: undefined }));
}

function endsFlags(word: string, flags: readonly FlagSpec[]): boolean {
  if (/^-(?:-|\p{L})/u.test(word)) return false;
  return findFlag(flags, nameIn(word)) === undefined;
}

function nameIn(word: string): string {
  return word.replace(/^--?/, '').replace(/=.*$/s, '');
}

function readOccurrence(word: string, rest: Iterator<string>, flags: readonly FlagSpec[]): Occurrence {
  const name = nameIn(word);
  const flag = findFlag(flags, name);
  const equals = word.indexOf('=');
  const spelling = equals < 0 ? word : word.slice(0, equals);
  if (flag === undefined) throw unknownFlag(spelling, name, flags);
  if (flag.type === 'bool') return { flag, spelling, text: equals < 0 ? 'true' : word.slice(equals + 1) || 'true' };
  if (equals >= 0) return { flag, spelling, text: word.slice(equals + 1) };
  const next = rest.next();
  if (next.done === true) {
    throw new EversealError('usage', `Flag ${spelling} needs a value`, {
      next: `Write ${spelling} ${flag.placeholder ?? 'VALUE'}.`,
    });
  }
  return { flag, spelling, text: next.value };
}

function unknownFlag(spelling: string, name: string, flags: readonly FlagSpec[]): EversealError {
  const guess = nearest(
    name,
    flags.flatMap((flag) => [flag.name, ...(flag.aliases ?? [])]),
  );
  const meant = guess === undefined ? undefined : findFlag(flags, guess);
  return new EversealError('usage', `There is no flag ${printable(spelling, 80)}`, {
    next: meant === undefined ? 'See --help for the flags there are.' : `Did you mean ${spellings(meant).at(-1)}?`,
  });
}
