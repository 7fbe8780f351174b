/** Files that hold a TSIG key, in the forms in which DNS servers write them. */
import { EversealError, printable, Secret } from '../core/index.ts';
import { absoluteName, sameName } from './name.ts';
import { type TsigKey, tsigSecretOctets } from './tsig.ts';
import { parseTsigAlgorithm, type TsigAlgorithm } from './tsig-algorithm.ts';

/** A key as it was found: all texts. */
interface FoundKey {
  readonly name: string | undefined;
  readonly algorithm: string | undefined;
  readonly secret: string | undefined;
}

/** Numbers that dnssec-keygen of BIND writes. */
const bindNumbers: Readonly<Record<string, TsigAlgorithm>> = {
  157: 'hmac-md5',
  161: 'hmac-sha1',
  162: 'hmac-sha224',
  163: 'hmac-sha256',
  164: 'hmac-sha384',
  165: 'hmac-sha512',
};

type Form = (text: string, fileName: string) => readonly FoundKey[];

/** Tried in this order: the first that finds something decides. */
const forms: readonly Form[] = [keyStatements, privateKeyFile, keyRecord, knotKeys, oneLine];

/**
 * Reads a TSIG key: `key "name" { algorithm …; secret …; };` (tsig-keygen, named.conf), `K*.private` and `K*.key`
 * (dnssec-keygen), Knot's `key:` section, or one line `algorithm:name:secret`. A `K*.private` file has its key's name only in
 * its file name.
 *
 * @throws EversealError `bad-key` when there is no key in it, or several, or a part of one is missing or broken; `usage` for an
 * algorithm that is none
 *
 * @example
 * ```ts
 * import { parseTsigKeyFile } from 'everseal/dns';
 * const key = parseTsigKeyFile('key "update" { algorithm hmac-sha256; secret "c2VjcmV0"; };');
 * console.log(key.name, key.algorithm); // update. hmac-sha256
 * ```
 */
export function parseTsigKeyFile(text: string, options: { readonly fileName?: string } = {}): TsigKey {
  const { fileName = '' } = options;
  for (const form of forms) {
    const keys = form(text, fileName).map((found) => whole(found, fileName));
    const [first] = keys;
    if (first === undefined) continue;
    if (keys.some((key) => !sameKey(key, first)))
      throw broken(
        fileName,
        `it holds several keys (${keys.map(({ name }) => name).join(', ')})`,
        'Leave one key in it.',
      );
    return first;
  }
  throw broken(fileName, 'there is no key in it', 'Make one: tsig-keygen -a hmac-sha256 NAME > FILE.');
}

/** Words, quoted texts, and the signs between them; comments in all three ways of named.conf are left out. */
function keyStatements(text: string): readonly FoundKey[] {
  const tokens = Array.from(
    text.matchAll(/\/\*.*?\*\/|\/\/[^\n]*|#[^\n]*|"[^"\n]*"|[{};]|[^\s{};"]+/gs),
    ([token]) => token,
  )
    .filter((token) => !/^(?:\/\*|\/\/|#)/.test(token))
    .map((token) => token.replace(/^"(.*)"$/, '$1'));
  return tokens.flatMap((token, index) => {
    if (token !== 'key' || tokens[index + 2] !== '{') return [];
    const end = tokens.indexOf('}', index);
    const body = tokens.slice(index + 3, end < 0 ? undefined : end);
    const after = (word: string) => (body.includes(word) ? body[body.indexOf(word) + 1] : undefined);
    return [{ name: tokens[index + 1], algorithm: after('algorithm'), secret: after('secret') }];
  });
}

function privateKeyFile(text: string, fileName: string): readonly FoundKey[] {
  if (!/^Private-key-format:/m.test(text)) return [];
  const number = /^Algorithm:[ \t]*(\d+)/m.exec(text)?.[1] ?? '';
  const secret = /^Key:[ \t]*(\S+)/m.exec(text)?.[1];
  const name = /(?:^|[/\\])K([^/\\]+)\+\d{3}\+\d{1,5}\.private$/.exec(fileName)?.[1];
  return [{ name, algorithm: bindNumbers[number] ?? number, secret }];
}

/** `name. IN KEY flags protocol algorithm secret`, as in `K*.key`. */
function keyRecord(text: string): readonly FoundKey[] {
  return Array.from(
    text.matchAll(/^(\S+)[ \t]+(?:\d+[ \t]+)?IN[ \t]+KEY[ \t]+\d+[ \t]+\d+[ \t]+(\d+)[ \t]+(.+)$/gm),
  ).map(([, name, number = '', secret]) => ({ name, algorithm: bindNumbers[number] ?? number, secret }));
}

/** `- id: …`, `algorithm: …`, `secret: …` below `key:`. */
function knotKeys(text: string): readonly FoundKey[] {
  const [, section] = /^key:[^\n]*\n((?:[ \t#-][^\n]*(?:\n|$)|\n)*)/m.exec(text) ?? [];
  const items = section?.split(/^[ \t]*-[ \t]*(?=id:)/m).slice(1) ?? [];
  return items.map((item) => {
    const value = (field: string) => new RegExp(`^[ \\t]*${field}:[ \\t]*["']?([^\\s"'#]+)`, 'm').exec(item)?.[1];
    return { name: value('id'), algorithm: value('algorithm'), secret: value('secret') };
  });
}

/** `algorithm:name:secret`, as kdig and keymgr have it. nsupdate's form without the algorithm is ambiguous. */
function oneLine(text: string): readonly FoundKey[] {
  const line = text
    .split('\n')
    .map((candidate) => candidate.trim())
    .find((candidate) => candidate !== '' && !candidate.startsWith('#'));
  const parts = line?.split(':') ?? [];
  if (parts.length === 2) return [{ algorithm: undefined, name: parts[0], secret: parts[1] }];
  if (parts.length !== 3) return [];
  const [algorithm, name, secret] = parts;
  return [{ algorithm, name, secret }];
}

function whole({ name, algorithm, secret }: FoundKey, fileName: string): TsigKey {
  const missing = Object.entries({ name, algorithm, secret }).flatMap(([part, text]) => (text ? [] : [part]));
  if (!name || !algorithm || !secret) {
    const next =
      name === undefined && algorithm !== undefined
        ? 'Keep the file under the name that dnssec-keygen gave it, K<name>+<algorithm>+<number>.private.'
        : 'Write it as algorithm:name:secret, or make a new file by tsig-keygen.';
    throw broken(fileName, `it does not say the key's ${missing.join(' and ')}`, next);
  }
  const key = { name: absoluteName(name), algorithm: parseTsigAlgorithm(algorithm), secret: new Secret(secret.trim()) };
  tsigSecretOctets(key);
  return key;
}

function sameKey(a: TsigKey, b: TsigKey): boolean {
  return sameName(a.name, b.name) && a.algorithm === b.algorithm && a.secret.reveal() === b.secret.reveal();
}

function broken(fileName: string, why: string, next: string): EversealError {
  const what = fileName === '' ? 'The TSIG key file' : `The TSIG key file ${printable(fileName, 200)}`;
  return new EversealError('bad-key', `${what} cannot be used: ${why}`, { next });
}
