/** The DNS of a town: one zone on a primary that takes signed updates and on a secondary that is late. */
import { type DnsResolver, createResolver, DnsServer, DnsZone, type TsigKey } from '../src/dns/index.ts';
import { type Ports, Secret, type SocketAddress } from '../src/core/index.ts';
import type { Machine } from './machine.ts';
import type { World } from './world.ts';

export interface NameServiceOptions {
  /** Milliseconds until the secondary shows what the primary was told. Default 1500. */
  readonly lagMs?: number;
  /** Records beside SOA and NS, as in a zone file: also those of strangers, which must survive. */
  readonly records?: string;
}

export const zoneName = 'example.';

/** What strangers have at the name that challenges use. */
export const strangers = ['of a stranger', 'of another stranger'];

/** With a TTL of their own, also where no challenge is. */
const foreignRecords = [
  ...strangers.map((value) => `_acme-challenge.www 7777 TXT "${value}"`),
  '_acme-challenge.other 600 TXT "of a third"',
].join('\n');

export class NameService {
  readonly zone: DnsZone;
  readonly key: TsigKey = {
    name: 'town-key.',
    algorithm: 'hmac-sha256',
    secret: new Secret(Buffer.from('the key of the town, which is no secret').toString('base64')),
  };
  readonly primary: SocketAddress;
  readonly secondary: SocketAddress;
  readonly #before: string;

  private constructor(machines: readonly [Machine, Machine], options: NameServiceOptions) {
    const [ns1, ns2] = machines;
    this.primary = { host: ns1.addresses[0] ?? '', port: 53 };
    this.secondary = { host: ns2.addresses[0] ?? '', port: 53 };
    this.zone = new DnsZone(zoneName, {
      nameServers: { ns1: ns1.addresses, ns2: ns2.addresses },
      negativeTtl: 1,
      records: options.records ?? foreignRecords,
    });
    this.#before = this.texts;
  }

  /** Call it inside `world.drive`. */
  static async open(world: World, options: NameServiceOptions = {}): Promise<NameService> {
    const ns1 = world.machine({ name: 'ns1' });
    const ns2 = world.machine({ name: 'ns2' });
    const service = new NameService([ns1, ns2], options);
    const { zone, key } = service;
    const { lagMs = 1500 } = options;
    await serveZones(world, ns1, (ports) => new DnsServer({ ports, zones: [zone], keys: [key] }));
    await serveZones(world, ns2, (ports) => new DnsServer({ ports, zones: [{ zone, lagMs }] }));
    return service;
  }

  /** What a process of the town resolves by. */
  resolver(ports: Pick<Ports, 'net' | 'clock' | 'random'>): DnsResolver {
    return createResolver({ ports, servers: [this.primary], timeoutMs: 10_000 });
  }

  /** The environment that lets the provider `dnsupdate` write to the zone. */
  get environment(): Readonly<Record<string, string>> {
    return {
      DNSUPDATE_NAMESERVER: this.primary.host,
      DNSUPDATE_TSIG_KEY: this.key.name,
      DNSUPDATE_TSIG_ALGORITHM: this.key.algorithm,
      DNSUPDATE_TSIG_SECRET: this.key.secret.reveal(),
    };
  }

  /** All TXT records with their TTL, sorted. */
  get texts(): string {
    const lines = this.zone
      .list()
      .flatMap((record) =>
        record.type === 'TXT' ? `${record.name} ${record.ttl} ${Buffer.concat(record.strings).toString('utf8')}` : [],
      );
    return lines.sort().join('\n');
  }

  /** How the TXT records differ from those of the beginning; undefined when nothing was added, lost or changed. */
  get difference(): string | undefined {
    return this.texts === this.#before ? undefined : `instead of\n${this.#before}\nthe zone holds\n${this.texts}`;
  }
}

/** Boots a DNS server that stays. */
function serveZones(world: World, machine: Machine, make: (ports: Ports) => DnsServer): Promise<void> {
  return new Promise((resolve, reject) => {
    const main = async (ports: Ports): Promise<void> => {
      await make(ports).serve(ports.net, { host: '', port: 53 });
      resolve();
      await new Promise(() => undefined);
    };
    const process = world.boot({ machine, name: machine.name, main });
    process.exited.then((exit) => exit.how === 'failed' && reject(exit.error));
  });
}
