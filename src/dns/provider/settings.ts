/** A provider's settings from environment variables: `NAME`, the file that `NAME_FILE` names, and older names of both. */
import {
  type Environment,
  EversealError,
  type FileSystem,
  fromUtf8,
  messageOf,
  printable,
  Secret,
} from '../../core/index.ts';
import type { ProviderEntry, ProviderSettings, ProviderVariable } from './catalogue-entry.ts';

/**
 * Reads every variable of the entry. A variable that is set but empty counts as unset.
 *
 * @param warn gets a line for each value that cannot be used, without the value
 * @throws EversealError `usage` naming the required variables that are missing, or a `NAME_FILE` that cannot be read
 *
 * @example
 * ```ts
 * import { readSettings } from 'everseal/dns';
 * import { nodePorts } from 'everseal/node';
 * import { findProvider } from 'everseal/providers';
 * const environment = { HTTPREQ_ENDPOINT: 'https://dns.example.com/hook', HTTPREQ_HTTP_TIMEOUT: 'soon' };
 * const settings = await readSettings(findProvider('httpreq'), environment, nodePorts().fs, console.warn);
 * console.log(settings.text('HTTPREQ_ENDPOINT'), settings.milliseconds('HTTPREQ_HTTP_TIMEOUT', 30)); // … 30000
 * ```
 */
export async function readSettings(
  entry: Pick<ProviderEntry, 'code' | 'variables'>,
  environment: Environment,
  fs: Pick<FileSystem, 'read'>,
  warn: (message: string) => void,
): Promise<ProviderSettings> {
  const values = new Map<string, string>();
  for (const variable of entry.variables) {
    const value = await readVariable(variable, environment, fs);
    if (value !== undefined) values.set(variable.name, value);
  }
  const missing = entry.variables.filter(({ name, need }) => need === 'required' && !values.has(name));
  if (missing.length > 0)
    throw missingSettings(
      entry.code,
      missing.map(({ name }) => name),
    );
  return new Settings(entry, values, warn);
}

/**
 * What to throw when variables are missing, in the words that users of lego know.
 *
 * @example
 * ```ts
 * import { missingSettings } from 'everseal/dns';
 * console.log(missingSettings('pdns', ['PDNS_API_KEY']).message); // pdns: some credentials information are missing: PDNS_API_KEY
 * ```
 */
export function missingSettings(code: string, names: readonly string[]): EversealError {
  return new EversealError('usage', `${code}: some credentials information are missing: ${names.join(',')}`, {
    next: `Set ${names.join(' and ')}, or ${names.map((name) => `${name}_FILE`).join(' and ')} to the path of a file that holds it.`,
  });
}

async function readVariable(
  { name, aliases = [] }: ProviderVariable,
  environment: Environment,
  fs: Pick<FileSystem, 'read'>,
): Promise<string | undefined> {
  for (const known of [name, ...aliases]) {
    const value = environment[known];
    if (value) return value;
    const file = environment[`${known}_FILE`];
    if (file) return readFileVariable(`${known}_FILE`, file, fs);
  }
  return undefined;
}

/** A secret of an orchestrator: its line end is none of it. */
async function readFileVariable(name: string, path: string, fs: Pick<FileSystem, 'read'>): Promise<string> {
  try {
    return fromUtf8(await fs.read(path)).replace(/[\r\n]+$/, '');
  } catch (error) {
    throw new EversealError('usage', `The file of ${name} cannot be read: ${messageOf(error)}`, {
      cause: error,
      next: `Check the path in ${name}.`,
    });
  }
}

const trueWords = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const falseWords = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

class Settings implements ProviderSettings {
  readonly #entry: Pick<ProviderEntry, 'code' | 'variables'>;
  readonly #values: ReadonlyMap<string, string>;
  readonly #warn: (message: string) => void;

  constructor(
    entry: Pick<ProviderEntry, 'code' | 'variables'>,
    values: ReadonlyMap<string, string>,
    warn: (message: string) => void,
  ) {
    this.#entry = entry;
    this.#values = values;
    this.#warn = warn;
  }

  text(name: string): string | undefined {
    if (!this.#entry.variables.some((variable) => variable.name === name))
      throw new TypeError(`${this.#entry.code} has no variable ${name}`);
    return this.#values.get(name);
  }

  secret(name: string): Secret | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : new Secret(value);
  }

  number(name: string, fallback: number, least = 0): number {
    const value = this.text(name)?.trim();
    if (value === undefined) return fallback;
    if (/^\d{1,9}$/.test(value) && Number(value) >= least) return Number(value);
    this.#useless(name, `a whole number from ${least} on`, String(fallback));
    return fallback;
  }

  milliseconds(name: string, fallbackSeconds: number): number {
    return this.number(name, fallbackSeconds) * 1000;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.text(name)?.trim();
    if (value === undefined) return fallback;
    if (trueWords.includes(value)) return true;
    if (falseWords.includes(value)) return false;
    this.#useless(name, 'true or false', String(fallback));
    return fallback;
  }

  #useless(name: string, wanted: string, instead: string): void {
    const secret = this.#entry.variables.some((variable) => variable.name === name && variable.secret === true);
    const shown = secret ? '' : ` "${printable(this.#values.get(name) ?? '', 40)}"`;
    this.#warn(`${name}${shown} is not ${wanted}: ${instead} is used`);
  }
}
