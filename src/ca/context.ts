import type { FileSystem, Ports } from '../core/index.ts';
import type { Authority } from './authority.ts';
import type { Background } from './background.ts';
import type { CaResolver } from './dns-lookups.ts';
import type { ExternalAccounts } from './external-accounts.ts';
import type { Ledger } from './ledger.ts';
import type { Nonces } from './nonces.ts';
import type { CaSettings } from './options.ts';
import type { RenewalWindows } from './renewal-info.ts';
import type { Terms } from './terms.ts';
import type { CaUrls } from './urls.ts';

/** The ports that a CA needs. With `fs` it finds the system's DNS resolvers when it was told of none. */
export type CaPorts = Pick<Ports, 'clock' | 'random' | 'keys' | 'http' | 'net' | 'log'> & {
  readonly fs?: Pick<FileSystem, 'read'>;
};

/** What every handler of one CA works with. */
export interface CaContext {
  readonly ports: CaPorts;
  readonly settings: CaSettings;
  readonly urls: CaUrls;
  readonly ledger: Ledger;
  readonly nonces: Nonces;
  readonly authority: Authority;
  readonly background: Background;
  readonly externalAccounts: ExternalAccounts;
  readonly renewalWindows: RenewalWindows;
  readonly terms: Terms;
  /** What DNS validations ask; opened when it is needed. */
  resolver(): Promise<CaResolver>;
  /** A fresh identifier for a URL: base64url, 16 characters. */
  newId(): string;
  /** A fresh challenge token: base64url, 256 bits (RFC 8555 §8.3 wants at least 128). */
  newToken(): string;
}
