/** A zone as one server has it: perhaps late, perhaps not at all. */
import type { Clock } from '../../core/index.ts';
import { DnsZone } from './zone.ts';
import type { ZoneContent } from './zone-content.ts';

export interface ServedZone {
  readonly zone: DnsZone;
  /**
   * Given: this server is a secondary, which shows each change so many milliseconds after it was made, and takes no
   * updates. Default: it has the zone itself.
   */
  readonly lagMs?: number;
  /** The server was named for the zone and does not have it: what it does instead (RFC 9499 §7, lame delegation). */
  readonly lame?: 'refused' | 'servfail' | 'not-authoritative';
  /**
   * Who may change it by UPDATE: nobody, whoever has one of the server's keys, everybody. Default: `signed` when the
   * server has keys, else `open`.
   */
  readonly updates?: 'refused' | 'signed' | 'open';
}

/** A zone with the server's view of it. */
export class ZoneOfServer {
  readonly zone: DnsZone;
  readonly options: ServedZone;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #stop: () => void;
  /** What will be shown from when on, oldest first; never empty. */
  #versions: readonly { readonly from: number; readonly content: ZoneContent }[];

  constructor(served: DnsZone | ServedZone, clock: Pick<Clock, 'monotonic'>) {
    this.options = served instanceof DnsZone ? { zone: served } : served;
    this.zone = this.options.zone;
    this.#clock = clock;
    this.#versions = [{ from: Number.NEGATIVE_INFINITY, content: this.zone.content }];
    const { lagMs = 0 } = this.options;
    this.#stop = this.zone.onChange((content) => {
      this.#versions = [...this.#current(), { from: clock.monotonic() + lagMs, content }];
    });
  }

  get apex(): string {
    return this.zone.apex;
  }

  /** What the server shows now. */
  get content(): ZoneContent {
    if (this.options.lagMs === undefined) return this.zone.content;
    this.#versions = this.#current();
    return this.#versions[0]?.content ?? this.zone.content;
  }

  /** Lets go of the zone. */
  close(): void {
    this.#stop();
  }

  /** Versions from the one that is shown now on. */
  #current(): readonly { readonly from: number; readonly content: ZoneContent }[] {
    const now = this.#clock.monotonic();
    const shown = this.#versions.findLastIndex(({ from }) => from <= now);
    return this.#versions.slice(Math.max(0, shown));
  }
}
