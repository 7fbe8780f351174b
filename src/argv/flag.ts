/** What one flag is: a row of a command's table, from which parsing, help, environment and documentation are made. */

/** The values of the flag types. Durations are milliseconds. */
export interface FlagTypes {
  readonly string: string;
  readonly bool: boolean;
  readonly list: readonly string[];
  readonly duration: number;
  readonly int: number;
  readonly timestamp: Date;
}

export type FlagType = keyof FlagTypes;
export type FlagValue = FlagTypes[FlagType];

interface FlagBase {
  /** Without dashes: `http.address`. */
  readonly name: string;
  /** Other names, single letters and digits among them. */
  readonly aliases?: readonly string[];
  /** Variables that stand in for the flag, first one set wins. Missing: made by the grammar from the name. Empty: none. */
  readonly env?: readonly string[];
  /** The heading it appears under. */
  readonly group: string;
  /** What a screen of help says: one short line without full stop. */
  readonly doc: string;
  /** What the manual and the documentation page say beyond `doc`, in whole sentences. */
  readonly more?: string;
  /** What stands for the value in help: `URL`, `NAME`. */
  readonly placeholder?: string;
  /** The default in words, where the table has none or its value says little. */
  readonly defaultText?: string;
  /** The value must never be shown. */
  readonly secret?: boolean;
  /** Seldom needed: a screen of help only names it, the manual explains it. */
  readonly rare?: boolean;
}

/** One flag. A `list` takes commas and repetition; of any other type the last occurrence counts. */
export type FlagSpec = {
  readonly [T in FlagType]: FlagBase & { readonly type: T; readonly default?: FlagTypes[T] };
}[FlagType];

type Defaulted = { readonly default: FlagValue } | { readonly type: 'bool' | 'list' };

/** The values of a table by name. Bools and lists always have one (false, empty); others when the table gives a default. */
export type FlagValues<F extends readonly FlagSpec[]> = {
  readonly [S in F[number] as S['name']]: S extends Defaulted ? FlagTypes[S['type']] : FlagTypes[S['type']] | undefined;
};

/** All names of a flag as typed: `-d`, `--domains`. */
export function spellings(flag: FlagSpec): readonly string[] {
  return [...(flag.aliases ?? []), flag.name].map((name) => (name.length === 1 ? `-${name}` : `--${name}`));
}

/** The flag that has this name or alias. */
export function findFlag(flags: readonly FlagSpec[], name: string): FlagSpec | undefined {
  return flags.find((flag) => flag.name === name || flag.aliases?.includes(name) === true);
}
