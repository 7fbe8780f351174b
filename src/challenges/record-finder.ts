import { hasCode } from '../core/index.ts';
import { canonicalName, type DnsResolver, findRecordHome } from '../dns/index.ts';

export interface RecordFinderOptions {
  readonly resolver: DnsResolver;
  readonly followCname: boolean;
  /** Whether name servers may be asked: then resolvers do not come to remember that the record is missing. */
  readonly authoritative: boolean;
  /** Whether the zone is asked for. */
  readonly zones: 'needed' | 'not-needed';
}

/** Where a record with a given name has to be written. */
export interface Whereabouts {
  /** CNAMEs followed; absolute, lower case, with the final dot. */
  readonly name: string;
  /** Empty when it is not needed and was not found on the way. */
  readonly zone: string;
}

/** Finds out for one order where its records go; each name is looked up once, all at the same time. */
export class RecordFinder {
  readonly #options: RecordFinderOptions;
  readonly #known = new Map<string, Promise<Whereabouts>>();

  constructor(options: RecordFinderOptions) {
    this.#options = options;
  }

  find(name: string, signal: AbortSignal): Promise<Whereabouts> {
    const found = this.#known.get(name) ?? this.#lookUp(name, signal);
    this.#known.set(name, found);
    return found;
  }

  async #lookUp(name: string, signal: AbortSignal): Promise<Whereabouts> {
    const { resolver, followCname, authoritative, zones } = this.#options;
    if (followCname && authoritative) {
      try {
        return await findRecordHome(resolver, name, signal);
      } catch (error) {
        // Who needs no zone may write where none can be seen from here; where CNAMEs lead must be known.
        if (zones === 'needed' || !hasCode(error, 'name-not-found')) throw error;
      }
    }
    const end = canonicalName(followCname ? await resolver.followCname(name, signal) : name);
    return { name: end, zone: zones === 'needed' ? await resolver.findZone(end, signal) : '' };
  }
}
