/** DNS made of a table, for tests that are not about resolvers. */
import { EversealError } from '../core/index.ts';
import type { QueryType, ResourceRecord } from '../dns/message.ts';
import type { DnsAnswer } from '../dns/resolver.ts';
import type { CaResolver } from './dns-lookups.ts';

export class DnsTable implements CaResolver {
  readonly asked: string[] = [];
  readonly #records: ResourceRecord[] = [];
  readonly #broken = new Set<string>();

  txt(name: string, ...texts: readonly string[]): this {
    for (const text of texts) {
      // The longest string has 255 octets.
      const strings = text.match(/.{1,255}/gs) ?? [''];
      this.#add(name, { type: 'TXT', strings: strings.map((part) => Buffer.from(part)) });
    }
    return this;
  }

  alias(name: string, target: string): this {
    return this.#add(name, { type: 'CNAME', target: `${target}.` });
  }

  address(name: string, address: string): this {
    return this.#add(name, address.includes(':') ? { type: 'AAAA', address } : { type: 'A', address });
  }

  caa(name: string, tag: string, value: string, flags = 0): this {
    return this.#add(name, { type: 'CAA', flags, tag, value });
  }

  /** Every question about the name fails. */
  breakDown(name: string): this {
    this.#broken.add(`${name}.`);
    return this;
  }

  clear(): void {
    this.#records.length = 0;
  }

  /** As a server of these names alone answers: an alias without what it leads to. */
  async query(name: string, type: QueryType): Promise<DnsAnswer> {
    this.asked.push(`${type} ${name}`);
    if (this.#broken.has(name)) throw new EversealError('dns-failed', `192.0.2.53 answered SERVFAIL for ${name}`);
    const here = this.#records.filter((record) => record.name === name);
    const answers = here.filter((record) => record.type === type || record.type === 'CNAME');
    const known = this.#records.some((record) => record.name === name || record.name.endsWith(`.${name}`));
    const rcode = known ? 'NOERROR' : 'NXDOMAIN';
    const server = { host: '192.0.2.53', port: 53 };
    return { server, rcode, authoritative: false, answers, authorities: [], additionals: [] };
  }

  #add(name: string, data: DistributiveOmit<ResourceRecord, 'name' | 'class' | 'ttl'>): this {
    this.#records.push({ ...data, name: `${name}.`, class: 'IN', ttl: 60 });
    return this;
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
