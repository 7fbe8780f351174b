/** Zones that were found once. */
import { SharedWork } from '../shared-work.ts';
import type { ApiCall } from './api-request.ts';
import type { ApiZone, ZoneLookup, ZoneQuestion } from './zone-lookup.ts';

export class ZoneCache {
  readonly #lookup: ZoneLookup;
  readonly #call: ApiCall;
  readonly #found = new Map<string, ApiZone>();
  readonly #searches = new SharedWork<ApiZone>();

  constructor(lookup: ZoneLookup, call: ApiCall) {
    this.#lookup = lookup;
    this.#call = call;
  }

  /** Looks each zone up once, however many ask at the same time. A failure is not kept. */
  async find(question: ZoneQuestion, signal: AbortSignal): Promise<ApiZone> {
    const key = this.#keyOf(question);
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const zone = await this.#searches.join(key, signal, (shared) => this.#lookup.find(question, this.#call, shared));
    this.#found.set(key, zone);
    return zone;
  }

  /** The API no longer knows what it said. */
  forget(zone: ApiZone): void {
    for (const [key, found] of this.#found) if (found === zone) this.#found.delete(key);
  }

  #keyOf({ name, apex }: ZoneQuestion): string {
    return this.#lookup.needsApex ? apex : name;
  }
}
