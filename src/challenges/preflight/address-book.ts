import { type EversealError, parseIpAddress } from '../../core/index.ts';
import type { WatchedResolver } from './watched-resolver.ts';
import { lookupFailure, shownServer } from './context.ts';

/** An address, and where it is known from. */
export interface HostAddress {
  readonly host: string;
  readonly family: 4 | 6;
}

/** What the lookups of a host's addresses gave. */
export interface AddressLookup {
  /** IPv6 first, as CAs do. */
  readonly addresses: readonly HostAddress[];
  /** By the caller's table or the name itself: nothing was looked up. */
  readonly fixed: boolean;
  /** What was asked, and what came back: `A of a.example.: NXDOMAIN from 192.0.2.53`. */
  readonly told: readonly string[];
  /** The name, or the end of its CNAME chain, does not exist. */
  readonly missing: boolean;
  readonly failures: readonly { readonly type: 'A' | 'AAAA'; readonly error: EversealError }[];
}

type Answer = Pick<AddressLookup, 'addresses' | 'told' | 'missing' | 'failures'>;

/** The addresses of host names, by DNS. */
export class AddressBook {
  readonly #resolver: WatchedResolver;
  readonly #hosts: Readonly<Record<string, string>>;
  readonly #signal: AbortSignal;

  /** @param hosts host name → address that is used instead of looking it up; `*` stands for all others */
  constructor(resolver: WatchedResolver, hosts: Readonly<Record<string, string>>, signal: AbortSignal) {
    this.#resolver = resolver;
    this.#hosts = hosts;
    this.#signal = signal;
  }

  /** @param host name without final dot, or an address without brackets */
  async lookUp(host: string): Promise<AddressLookup> {
    const fixed = this.#fixed(host);
    if (fixed !== undefined) return { addresses: [fixed], fixed: true, told: [], missing: false, failures: [] };
    const answers = await Promise.all([this.#ask(host, 'AAAA', 6), this.#ask(host, 'A', 4)]);
    return {
      fixed: false,
      addresses: answers.flatMap(({ addresses }) => addresses),
      told: answers.flatMap(({ told }) => told),
      missing: answers.some(({ missing }) => missing),
      failures: answers.flatMap(({ failures }) => failures),
    };
  }

  #fixed(host: string): HostAddress | undefined {
    const known = Object.hasOwn(this.#hosts, host) ? this.#hosts[host] : undefined;
    if (known !== undefined) return { host: known, family: familyOf(known) };
    if (parseIpAddress(host) !== undefined) return { host, family: familyOf(host) };
    const other = Object.hasOwn(this.#hosts, '*') ? this.#hosts['*'] : undefined;
    return other === undefined ? undefined : { host: other, family: familyOf(other) };
  }

  async #ask(host: string, type: 'A' | 'AAAA', family: 4 | 6): Promise<Answer> {
    try {
      const { answers, rcode, server } = await this.#resolver.query(`${host}.`, type);
      const addresses = answers.flatMap((record) =>
        record.type === 'A' || record.type === 'AAAA' ? [{ host: record.address, family }] : [],
      );
      const said = rcode === 'NOERROR' ? 'no record' : rcode;
      return {
        addresses,
        told: addresses.length > 0 ? [] : [`${type}: ${said} from ${shownServer(server)}`],
        missing: rcode === 'NXDOMAIN',
        failures: [],
      };
    } catch (error) {
      const failure = lookupFailure(error, this.#signal);
      return { addresses: [], told: [], missing: false, failures: [{ type, error: failure }] };
    }
  }
}

function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}
