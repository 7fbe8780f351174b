/**
 * The catalogue of DNS providers: what each is called, which variables it reads, and its code, loaded when it is opened.
 *
 * @module
 */
import { type Environment, EversealError, type EventSink, nearest, printable } from '../core/index.ts';
import {
  type DnsProvider,
  type DnsResolver,
  type ProviderEntry,
  type ProviderPorts,
  readSettings,
} from '../dns/index.ts';
import { entry as acmedns } from './acmedns.ts';
import { entry as cloudflare } from './cloudflare.ts';
import { entry as desec } from './desec.ts';
import { entry as dnsupdate } from './dnsupdate.ts';
import { entry as exec } from './exec.ts';
import { entry as gandiv5 } from './gandiv5.ts';
import { entry as httpreq } from './httpreq.ts';
import { entry as manual } from './manual.ts';
import { entry as pdns } from './pdns.ts';
import { entry as webhook } from './webhook.ts';

/** All providers, sorted by code. */
export const providers: readonly ProviderEntry[] = [
  acmedns,
  cloudflare,
  desec,
  dnsupdate,
  exec,
  gandiv5,
  httpreq,
  manual,
  pdns,
  webhook,
];

/**
 * The provider of that code or alias, in any case.
 *
 * @throws EversealError `usage` for an unknown code, and for a retired provider with its reason and successor
 *
 * @example
 * ```ts
 * import { findProvider } from 'everseal/providers';
 * console.log(findProvider('RFC2136').code); // dnsupdate
 * ```
 */
export function findProvider(code: string): ProviderEntry {
  const wanted = code.toLowerCase();
  const entry = providers.find((known) => namesOf(known).some((name) => name.toLowerCase() === wanted));
  if (entry === undefined) throw unknownProvider(code);
  if (entry.retired === undefined) return entry;
  const { reason, successor } = entry.retired;
  throw new EversealError('usage', `The DNS provider ${entry.code} is no more: ${reason}`, {
    next: successor === undefined ? 'Use another DNS provider.' : `Use ${successor} instead.`,
  });
}

export interface OpenProviderOptions {
  readonly ports: ProviderPorts;
  /** Where its settings come from. */
  readonly environment: Environment;
  /** What relative paths start from. */
  readonly workingFolder: string;
  readonly resolver: DnsResolver;
  readonly events: EventSink;
}

/**
 * Opens a provider with the settings of the environment. Nothing is sent yet.
 *
 * @throws EversealError as {@link findProvider}; `usage` for settings that are missing or make no sense
 *
 * @example
 * ```ts
 * import { createResolver, publicResolvers } from 'everseal/dns';
 * import { nodePorts } from 'everseal/node';
 * import { openProvider } from 'everseal/providers';
 * const ports = nodePorts();
 * const provider = await openProvider('httpreq', {
 *   ports,
 *   environment: { HTTPREQ_ENDPOINT: 'https://dns.example.com/hook' },
 *   workingFolder: '/',
 *   resolver: createResolver({ ports, servers: publicResolvers }),
 *   events: () => undefined,
 * });
 * console.log(provider.code); // httpreq
 * ```
 */
export async function openProvider(code: string, options: OpenProviderOptions): Promise<DnsProvider> {
  const entry = findProvider(code);
  const { ports, environment, events } = options;
  const settings = await readSettings(entry, environment, ports.fs, (message) => events({ type: 'warning', message }));
  return entry.open({ ...options, settings });
}

function namesOf({ code, aliases = [] }: ProviderEntry): readonly string[] {
  return [code, ...aliases];
}

function unknownProvider(code: string): EversealError {
  const guess = nearest(code.toLowerCase(), providers.flatMap(namesOf));
  return new EversealError('usage', `There is no DNS provider "${printable(code, 80)}"`, {
    next:
      guess === undefined
        ? `The providers are ${providers.map(({ code }) => code).join(', ')}.`
        : `Did you mean ${guess}?`,
  });
}
