import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CommandSpec, type FlagSpec, parseCommand, urfave } from './index.ts';

const flags = [
  { name: 'domains', aliases: ['d'], type: 'list', group: 'G', doc: 'names' },
  { name: 'http', type: 'bool', group: 'G', doc: 'http' },
  { name: 'ipv4only', aliases: ['4'], type: 'bool', group: 'G', doc: 'v4' },
  { name: 'http.address', type: 'string', default: ':80', group: 'G', doc: 'address', placeholder: 'ADDR' },
  { name: 'dns.propagation.disable-rns', type: 'string', group: 'G', doc: 'text' },
  { name: 'cert.timeout', type: 'int', default: 30, group: 'G', doc: 'seconds' },
  { name: 'http.delay', type: 'duration', default: 0, group: 'G', doc: 'wait' },
  { name: 'not-after', type: 'timestamp', group: 'G', doc: 'end' },
  { name: 'eab.hmac', type: 'string', group: 'G', doc: 'key', secret: true },
  { name: 'json', type: 'bool', env: [], group: 'G', doc: 'json' },
] as const satisfies readonly FlagSpec[];

const command = {
  name: 'run',
  summary: 's',
  usage: '',
  envPrefix: 'LEGO_',
  words: ['A', 'B'],
  flags,
} satisfies CommandSpec<typeof flags>;

function parse(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return parseCommand<typeof flags>(command, words, environment, urfave);
}

describe('words of a command line', () => {
  it.each([
    ['two dashes', ['--http.address', ':1'], { 'http.address': ':1' }],
    ['one dash', ['-http.address', ':1'], { 'http.address': ':1' }],
    ['an equals sign', ['--http.address=:1'], { 'http.address': ':1' }],
    ['one dash and an equals sign', ['-http.address=:1'], { 'http.address': ':1' }],
    ['an alias', ['-d', 'a'], { domains: ['a'] }],
    ['an alias with two dashes', ['--d', 'a'], { domains: ['a'] }],
    ['an alias that is a digit', ['-4'], { ipv4only: true }],
    ['a digit with two dashes', ['--4'], { ipv4only: true }],
    ['a value that looks like a flag', ['--http.address', '--http'], { 'http.address': '--http', http: false }],
    ['an empty value behind the equals sign', ['--http.address='], { 'http.address': '' }],
    ['a value with an equals sign', ['--http.address=a=b'], { 'http.address': 'a=b' }],
    ['the last of several', ['--http.address', 'a', '--http.address', 'b'], { 'http.address': 'b' }],
    ['spaces around a flag', [' --http '], { http: true }],
    ['spaces of a value, kept', ['--http.address', ' a '], { 'http.address': ' a ' }],
    ['a list by commas', ['-d', 'a,b'], { domains: ['a', 'b'] }],
    ['a list by repetition', ['-d', 'a', '--domains=b,c'], { domains: ['a', 'b', 'c'] }],
    ['elements of a list, not trimmed', ['-d', 'a, b,'], { domains: ['a', ' b', ''] }],
    ['a bool', ['--http'], { http: true }],
    ['a bool that is off', ['--http=false'], { http: false }],
    ['a bool with nothing behind its equals sign', ['--http='], { http: true }],
    ['a short truth', ['--http=T'], { http: true }],
    ['a whole number', ['--cert.timeout', '-1'], { 'cert.timeout': -1 }],
    ['a duration', ['--http.delay', '1m30s'], { 'http.delay': 90_000 }],
    ['a time', ['--not-after', '2027-01-31T00:00:00+01:00'], { 'not-after': new Date('2027-01-30T23:00:00Z') }],
    [
      'nothing: the defaults',
      [],
      { domains: [], http: false, 'http.address': ':80', 'cert.timeout': 30, 'not-after': undefined },
    ],
  ])('%s', (_what, words, expected) => {
    expect(parse(words).values).toMatchObject(expected);
  });

  it('leaves the word behind a bool alone', () => {
    const { values, words } = parse(['--http', 'false']);
    expect(values.http).toBe(true);
    expect(words).toEqual(['false']);
  });

  it.each([
    ['two dashes', ['--http', '--', '--json'], ['--json']],
    ['a dash alone', ['-', '--json'], ['-', '--json']],
    ['a digit that is no alias', ['-5', '--json'], ['-5', '--json']],
  ])('%s end the flags', (_what, typed, words) => {
    const parsed = parse(typed);
    expect(parsed.words).toEqual(words);
    expect(parsed.values.json).toBe(false);
  });

  it('reads flags behind other words', () => {
    expect(parse(['a', '--http', 'b'])).toMatchObject({ words: ['a', 'b'], values: { http: true } });
  });

  it.each([
    [['--domain', 'x'], 'There is no flag --domain', 'Did you mean --domains?'],
    [['-htpp'], 'There is no flag -htpp', 'Did you mean --http?'],
    [['--http.adress=:1'], 'There is no flag --http.adress', 'Did you mean --http.address?'],
    [['--quite-another-thing'], 'There is no flag --quite-another-thing', 'See --help for the flags there are.'],
    [['--\u001b[31mx'], 'There is no flag -- [31mx', 'See --help for the flags there are.'],
    [['--http.address'], 'Flag --http.address needs a value', 'Write --http.address ADDR.'],
    [['-d'], 'Flag -d needs a value', 'Write -d VALUE.'],
    [['--http=maybe'], 'In flag --http, "maybe" is not true or false', 'Give true or false.'],
    [['--cert.timeout', '1.5'], 'In flag --cert.timeout, "1.5" is not a whole number', 'Give a whole number.'],
    [
      ['--http.delay=5'],
      'In flag --http.delay, "5" is not a duration such as 500ms, 30s or 2m',
      'Give a duration such as 500ms, 30s or 2m.',
    ],
    [
      ['--not-after', 'tomorrow'],
      'In flag --not-after, "tomorrow" is not a time such as 2027-01-31T00:00:00Z',
      'Give a time such as 2027-01-31T00:00:00Z.',
    ],
    [['a', 'b', 'c'], 'The word "c" does not belong here', 'Flags begin with dashes; quote a value that holds spaces.'],
    [
      ['a', 'b', '--http', 'false'],
      'The word "false" does not belong here',
      'Flag --http takes a value only behind an equals sign: --http=false.',
    ],
  ])('refuses %j', (words, message, next) => {
    expect(() => parse(words)).toThrow(expect.objectContaining({ code: 'usage', message, next }));
  });
});

describe('the environment', () => {
  it.each([
    ['domains', 'LEGO_DOMAINS'],
    ['http.address', 'LEGO_HTTP_ADDRESS'],
    ['dns.propagation.disable-rns', 'LEGO_DNS_PROPAGATION_DISABLE_RNS'],
    ['a.-.b', 'LEGO_A_B'],
  ])('of %s is %s', (name, variable) => {
    expect(urfave.variable('LEGO_', name)).toBe(variable);
  });

  it('stands in for flags, and loses against them', () => {
    const environment = { LEGO_DOMAINS: 'a,b', LEGO_HTTP: '1', LEGO_CERT_TIMEOUT: '7' };
    expect(parse([], environment).values).toMatchObject({ domains: ['a', 'b'], http: true, 'cert.timeout': 7 });
    expect(parse(['-d', 'c', '--http=false'], environment).values).toMatchObject({
      domains: ['c'],
      http: false,
      'cert.timeout': 7,
    });
  });

  it('counts as given', () => {
    expect([...parse(['-4'], { LEGO_HTTP: 'true' }).given].sort()).toEqual(['http', 'ipv4only']);
  });

  it('is not asked for a flag that has no variable', () => {
    expect(parse([], { LEGO_JSON: 'true' }).values.json).toBe(false);
  });

  it('set but empty: an empty string, false, and else the default', () => {
    const environment = {
      LEGO_HTTP_ADDRESS: '',
      LEGO_HTTP: '',
      LEGO_CERT_TIMEOUT: '',
      LEGO_DOMAINS: '',
      LEGO_HTTP_DELAY: '',
    };
    const { values, given } = parse([], environment);
    expect(values).toMatchObject({ 'http.address': '', http: false, 'cert.timeout': 30, domains: [], 'http.delay': 0 });
    expect([...given].sort()).toEqual(['cert.timeout', 'domains', 'http', 'http.address', 'http.delay']);
  });

  it('names the variable that is wrong, and only if it has to be read', () => {
    const environment = { LEGO_CERT_TIMEOUT: 'soon' };
    expect(() => parse([], environment)).toThrow('In variable LEGO_CERT_TIMEOUT, "soon" is not a whole number');
    expect(parse(['--cert.timeout', '5'], environment).values['cert.timeout']).toBe(5);
  });
});

describe('any command line', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '--',
      '-',
      '-4',
      '-5',
      '--http',
      '--http=x',
      '-d',
      '--domains=a,b',
      '--cert.timeout',
      '--http.delay=1s',
      '-=',
      '--=',
    ),
  );

  it('is understood or refused as a usage error, and never both by chance', () => {
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const outcome = (): unknown => {
          try {
            return parse(words);
          } catch (error) {
            expect(error).toMatchObject({ code: 'usage' });
            return String(error);
          }
        };
        expect(outcome()).toEqual(outcome());
      }),
    );
  });

  it('gives back each value as it was typed, in all four spellings', () => {
    const spelling = fc.constantFrom<(value: string) => string[]>(
      (value) => ['--http.address', value],
      (value) => ['-http.address', value],
      (value) => [`--http.address=${value}x`],
      (value) => [`-http.address=${value}x`],
    );
    fc.assert(
      fc.property(
        spelling,
        fc.string({ unit: 'grapheme' }).filter((text) => text === text.trim()),
        (spell, value) => {
          const words = spell(value);
          const expected = words.length === 1 ? `${value}x` : value;
          expect(parse(words).values['http.address']).toBe(expected);
        },
      ),
    );
  });

  it('gives back a list however it is cut into flags', () => {
    const name = fc.stringMatching(/^[a-z.*-]{1,12}$/);
    fc.assert(
      fc.property(fc.array(fc.array(name, { minLength: 1 })), (groups) => {
        expect(parse(groups.flatMap((group) => ['-d', group.join(',')])).values.domains).toEqual(groups.flat());
      }),
    );
  });
});
