import type { FlagSpec, FlagValue } from './flag.ts';

/** A flag as it stood on the command line. */
export interface Occurrence {
  readonly flag: FlagSpec;
  /** As typed, dashes included, without the value. */
  readonly spelling: string;
  readonly text: string;
}

export interface Scan {
  readonly occurrences: readonly Occurrence[];
  /** The words that are neither flags nor values of flags, with the flag that stood right before them. */
  readonly words: readonly { readonly text: string; readonly after: Occurrence | undefined }[];
}

/**
 * How a family of programs reads its command line: urfave's (lego), later argparse's (certbot) and Traefik's. All are
 * pure, and all work on the same tables.
 */
export interface Grammar {
  /**
   * Tells flags, their values and other words apart.
   *
   * @throws EversealError `usage` for an unknown flag or a missing value
   */
  scan(words: readonly string[], flags: readonly FlagSpec[]): Scan;
  /** Reads the value of a type; undefined when the text is none. What lists hold is split here. */
  read(flag: FlagSpec, text: string): FlagValue | undefined;
  /** What a variable that is set, but empty, means; undefined: the default. */
  readEmptyVariable(flag: FlagSpec): FlagValue | undefined;
  /** The variable of a flag that names none. */
  variable(prefix: string, name: string): string;
  /** What a value of the type looks like, for the error message. */
  expectation(flag: FlagSpec): string;
}
