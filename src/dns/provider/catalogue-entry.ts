/** What the catalogue knows of a provider without loading its code, and how it is opened. */
import type { Environment, EventSink, Ports, Secret } from '../../core/index.ts';
import type { DnsResolver } from '../resolver.ts';
import type { DnsProvider } from './provider.ts';

/** A setting, read from an environment variable. */
export interface ProviderVariable {
  /** The canonical name; `NAME_FILE` is read as well, for every variable. */
  readonly name: string;
  /** Other names for the same, tried after it. */
  readonly aliases?: readonly string[];
  readonly doc: string;
  /** Redacted everywhere. */
  readonly secret?: boolean;
  /** `required`: an error without it. A text: one variable of each group with the same text is needed (`token` or `user and password`). */
  readonly need?: 'required' | 'optional';
  readonly default?: string;
}

/** The ports a provider may use. */
export type ProviderPorts = Pick<Ports, 'http' | 'net' | 'clock' | 'random' | 'spawn' | 'fs' | 'terminal' | 'log'>;

/** The settings as they were found: canonical name → value. */
export interface ProviderSettings {
  /** undefined when it is not set. */
  text(name: string): string | undefined;
  secret(name: string): Secret | undefined;
  /** The default when it is unset, or cannot be read as a whole number from `least` on (then a warning says so). */
  number(name: string, fallback: number, least?: number): number;
  /** Seconds in the variable, milliseconds here. */
  milliseconds(name: string, fallbackSeconds: number): number;
  /** Go's words for booleans: 1, t, true, 0, f, false, in their usual cases. */
  flag(name: string, fallback: boolean): boolean;
}

export interface ProviderContext {
  readonly ports: ProviderPorts;
  readonly settings: ProviderSettings;
  /** The whole environment that settings came from: what programs of the user's (exec) inherit. */
  readonly environment: Environment;
  /** What relative paths start from. */
  readonly workingFolder: string;
  readonly resolver: DnsResolver;
  readonly events: EventSink;
}

export interface ProviderEntry {
  readonly code: string;
  readonly aliases?: readonly string[];
  /** As people say it. */
  readonly name: string;
  /** Of the provider or its API's documentation. */
  readonly url: string;
  readonly variables: readonly ProviderVariable[];
  /** What its users should know beyond the variables: paragraphs of the provider's page. */
  readonly notes?: readonly string[];
  /** Whether apex and wildcard fit into one order. */
  readonly values: 'many' | 'one';
  /** Closed or renamed: why, and what to use instead. Opening it is an error. */
  readonly retired?: { readonly reason: string; readonly successor?: string };
  /** Loads the provider's code. @throws EversealError `usage` when settings are missing or make no sense; nothing is sent yet */
  open(context: ProviderContext): Promise<DnsProvider>;
}
