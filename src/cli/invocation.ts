import type { LogMessageOptions } from '@clack/prompts';
import type { Environment } from '../argv/index.ts';
import type { Log, Ports } from '../core/index.ts';

/** Everything a command gets from the process it runs in. */
export interface Invocation {
  /** The words behind the program's name. */
  readonly words: readonly string[];
  readonly environment: Environment;
  /** What relative paths start from. */
  readonly workingFolder: string;
  /** Fires on Ctrl-C and SIGTERM: commands clean up and end. */
  readonly signal: AbortSignal;
  /** To standard output. */
  readonly print: (text: string) => void;
  /** To standard error. */
  readonly printError: (text: string) => void;
  /** What `--version` prints. */
  readonly versionLine: string;
  /** The machine, loaded when a command needs it. */
  readonly ports: (log: Log) => Promise<Ports>;
  /** Standard error as a stream, for progress that a person watches; missing when nobody does. */
  readonly screen?: NonNullable<LogMessageOptions['output']>;
}

/** A command: does its work and gives the exit code. */
export type CommandMain = (invocation: Invocation, words: readonly string[]) => Promise<number>;
