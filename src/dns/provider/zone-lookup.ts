/** How an API's zone is found for a name. */
import { EversealError } from '../../core/index.ts';
import { absoluteName, canonicalName, isWithin, labelsOf, parentOf, withoutFinalDot } from '../name.ts';
import { SharedWork } from '../shared-work.ts';
import { isNotFound } from './api-error.ts';
import type { ApiCall, ApiReply, ApiRequest } from './api-request.ts';
import { collectPages, type PagedList } from './pager.ts';

/** A zone as the API knows it. */
export interface ApiZone {
  /** Absolute; empty when the definition asks for no zone. */
  readonly apex: string;
  /** Its name without the final dot. */
  readonly name: string;
  /** What requests call it: an id of the API's, else its name. */
  readonly id: string;
  /** What else the API said of it, not checked. */
  readonly data: unknown;
}

/** A zone in an API's reply; undefined id: its name. */
export interface FoundZone {
  readonly name: string;
  readonly id?: string | undefined;
  readonly data?: unknown;
}

export interface ZoneQuestion {
  /** Absolute. */
  readonly name: string;
  /** By SOA, absolute; empty when it was not asked for. */
  readonly apex: string;
}

export interface ZoneLookup {
  /** Whether the caller finds the apex by SOA. */
  readonly needsApex: boolean;
  find(question: ZoneQuestion, call: ApiCall, signal: AbortSignal): Promise<ApiZone>;
}

/**
 * The zone's name is all that the API needs.
 *
 * @example
 * ```ts
 * import { soaZone } from 'everseal/dns';
 * console.log(soaZone().needsApex); // true
 * ```
 */
export function soaZone(): ZoneLookup {
  return { needsApex: true, find: async ({ apex }) => apiZone({ name: apex }) };
}

export interface ZoneIdOptions {
  readonly request: (zoneName: string) => ApiRequest;
  /** The zone among what the reply holds. */
  readonly zone: (reply: ApiReply, zoneName: string) => Omit<FoundZone, 'name'> | undefined;
}

/**
 * By SOA, then the API's id of that zone.
 *
 * @example
 * ```ts
 * import { path, pickText, soaZoneId } from 'everseal/dns';
 * const lookup = soaZoneId({
 *   request: (name) => ({ method: 'GET', path: path`/zones/${name}` }),
 *   zone: ({ data }) => ({ id: pickText(data, 'id') }),
 * });
 * console.log(lookup.needsApex); // true
 * ```
 */
export function soaZoneId({ request, zone }: ZoneIdOptions): ZoneLookup {
  return {
    needsApex: true,
    find: async ({ apex, name }, call, signal) => {
      const zoneName = withoutFinalDot(apex);
      const found = zone(await call(request(zoneName), signal), zoneName);
      if (found === undefined) throw noZone(name, `it has no zone ${zoneName}`);
      return apiZone({ name: zoneName, ...found });
    },
  };
}

/**
 * The one of all zones of the account that has the longest name above the record.
 *
 * @example
 * ```ts
 * import { listedZone, pickList, pickText } from 'everseal/dns';
 * const lookup = listedZone({
 *   request: () => ({ method: 'GET', path: '/zones' }),
 *   items: ({ data }) => pickList(data).map((zone) => ({ name: pickText(zone, 'name') ?? '', id: pickText(zone, 'id') })),
 * });
 * console.log(lookup.needsApex); // false
 * ```
 */
export function listedZone(list: PagedList<FoundZone>): ZoneLookup {
  const loads = new SharedWork<readonly FoundZone[]>();
  let known: readonly FoundZone[] = [];
  return {
    needsApex: false,
    find: async ({ name }, call, signal) => {
      // A zone that the list lacks may be new.
      if (longestAbove(name, known) === undefined)
        known = await loads.join('zones', signal, (shared) => collectPages(list, call, shared));
      const zone = longestAbove(name, known);
      if (zone === undefined) throw noZone(name, `none of its ${known.length} zones is above it`);
      return apiZone(zone);
    },
  };
}

function longestAbove(name: string, zones: readonly FoundZone[]): FoundZone | undefined {
  const above = zones.filter((zone) => isAbove(zone.name, name));
  return above.sort((a, b) => labelsOf(b.name).length - labelsOf(a.name).length)[0];
}

export interface ProbeOptions {
  readonly request: (zoneName: string) => ApiRequest;
  /** undefined: no such zone. */
  readonly zone: (reply: ApiReply, zoneName: string) => Omit<FoundZone, 'name'> | undefined;
  /** Whether a refusal means that there is no such zone. By default 404 and 410. */
  readonly isAbsent?: (error: unknown) => boolean;
}

/**
 * Asked label by label, from the record's own name up to the last two labels.
 *
 * @example
 * ```ts
 * import { path, probedZone } from 'everseal/dns';
 * const lookup = probedZone({ request: (name) => ({ method: 'GET', path: path`/zones/${name}` }), zone: () => ({}) });
 * console.log(lookup.needsApex); // false
 * ```
 */
export function probedZone({ request, zone, isAbsent = isNotFound }: ProbeOptions): ZoneLookup {
  return {
    needsApex: false,
    find: async ({ name }, call, signal) => {
      for (const zoneName of namesAbove(name)) {
        try {
          const found = zone(await call(request(zoneName), signal), zoneName);
          if (found !== undefined) return apiZone({ name: zoneName, ...found });
        } catch (error) {
          if (!isAbsent(error)) throw error;
        }
      }
      throw noZone(name, 'it has no zone of any name above it');
    },
  };
}

export interface AskedZoneOptions {
  /** @param name of the record, without its final dot */
  readonly request: (name: string) => ApiRequest;
  readonly zone: (reply: ApiReply) => FoundZone | undefined;
}

/**
 * The API itself says which of its zones a name is in.
 *
 * @example
 * ```ts
 * import { askedZone, pickText } from 'everseal/dns';
 * const lookup = askedZone({
 *   request: (name) => ({ method: 'GET', path: '/zones', query: { owner: name } }),
 *   zone: ({ data }) => ({ name: pickText(data, 0, 'name') ?? '' }),
 * });
 * console.log(lookup.needsApex); // false
 * ```
 */
export function askedZone({ request, zone }: AskedZoneOptions): ZoneLookup {
  return {
    needsApex: false,
    find: async ({ name }, call, signal) => {
      const found = zone(await call(request(withoutFinalDot(name)), signal));
      if (found === undefined || !isAbove(found.name, name)) throw noZone(name, 'none of its zones is above it');
      return apiZone(found);
    },
  };
}

/**
 * The last labels of the name: for providers that sell names below one domain only.
 *
 * @example
 * ```ts
 * import { lastLabels } from 'everseal/dns';
 * console.log(lastLabels(3).needsApex); // false
 * ```
 */
export function lastLabels(count: number): ZoneLookup {
  return {
    needsApex: false,
    find: async ({ name }) => {
      const labels = labelsOf(name);
      if (labels.length < count) throw noZone(name, `its zones have ${count} labels`);
      return apiZone({ name: labels.slice(-count).join('.') });
    },
  };
}

/**
 * A zone that the user names. Names outside of it are refused.
 *
 * @example
 * ```ts
 * import { givenZone } from 'everseal/dns';
 * console.log(givenZone({ name: 'example.com', id: '7' }).needsApex); // false
 * ```
 */
export function givenZone(zone: FoundZone): ZoneLookup {
  const found = apiZone(zone);
  return {
    needsApex: false,
    find: async ({ name }) => {
      if (!isWithin(name, found.apex)) throw noZone(name, `the zone to use is ${found.name}`);
      return found;
    },
  };
}

/**
 * The API asks for no zone.
 *
 * @example
 * ```ts
 * import { noZoneLookup } from 'everseal/dns';
 * console.log(noZoneLookup().needsApex); // false
 * ```
 */
export function noZoneLookup(): ZoneLookup {
  return { needsApex: false, find: async () => ({ apex: '', name: '', id: '', data: undefined }) };
}

/**
 * A found zone with everything in place, for look-ups of one's own.
 *
 * @example
 * ```ts
 * import { apiZone } from 'everseal/dns';
 * console.log(apiZone({ name: 'Example.com' })); // { apex: 'example.com.', name: 'example.com', id: 'example.com', … }
 * ```
 */
export function apiZone({ name, id, data }: FoundZone): ApiZone {
  const apex = canonicalName(name);
  return { apex, name: withoutFinalDot(apex), id: id ?? withoutFinalDot(apex), data };
}

/** What an API lists need not be a name at all. */
function isAbove(zoneName: string, name: string): boolean {
  try {
    return zoneName !== '' && isWithin(name, absoluteName(zoneName));
  } catch {
    return false;
  }
}

function namesAbove(name: string): readonly string[] {
  const names: string[] = [];
  for (let at: string | undefined = name; at !== undefined && labelsOf(at).length >= 2; at = parentOf(at))
    names.push(withoutFinalDot(at));
  return names;
}

function noZone(name: string, why: string): EversealError {
  return new EversealError('provider-failed', `no zone of the API holds ${name}: ${why}`, {
    next: 'Check that the zone is in this account, and that the credentials may see it.',
  });
}
