import { type Machine, type SimProcess, World } from '../../sim/index.ts';
import { type Ca, type CaOptions, createCa, serveCa } from '../ca/index.ts';
import type { Ports } from '../core/index.ts';
import { DnsServer, DnsZone } from '../dns/index.ts';
import { dispatch } from './dispatch.ts';
// What commands load on demand: files come in real time, of which the simulated world knows nothing.
import '../acme/index.ts';
import '../challenges/index.ts';
import '../engine/issue.ts';
import '../engine/unicode-name.ts';
import '../pki/index.ts';
import '../providers/index.ts';
import '../providers/dnsupdate-provider.ts';
import '../providers/exec-provider.ts';
import '../providers/manual-provider.ts';
import './commands/ca-start.ts';
import './commands/dnshelp.ts';
import './commands/doctor.ts';
import './commands/persist.ts';
import './commands/run.ts';
import './persist-by-hand.ts';
import './preflight-look.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Lines that the user types; given: there is a terminal. */
  readonly answers?: readonly string[];
  /** Called with the process before the command starts. */
  readonly before?: (process: SimProcess, abort: AbortController) => void;
}

/** A web server's machine with the command line on it, and a CA on another: in virtual time. */
export class SimulatedCli {
  readonly world: World;
  readonly machine: Machine;
  readonly caMachine: Machine;
  #ca: Ca | undefined;
  #zone: DnsZone | undefined;

  constructor(seed = 'cli') {
    this.world = new World({ seed });
    this.caMachine = this.world.machine({ name: 'ca.test' });
    this.machine = this.world.machine({ name: 'www.site.test', hostNames: ['www.site.test', 'api.site.test'] });
    this.machine.disk.createFolder('/srv', 0o755);
  }

  get ca(): Ca {
    if (this.#ca === undefined) throw new TypeError('the CA is not running');
    return this.#ca;
  }

  /** site.test, where the DNS server serves it. */
  get zone(): DnsZone {
    if (this.#zone === undefined) throw new TypeError('the DNS server is not running');
    return this.#zone;
  }

  get disk(): Machine['disk'] {
    return this.machine.disk;
  }

  /** Starts the CA at https://ca.test and puts its root into /srv/root.pem. */
  async startCa(options: CaOptions = {}): Promise<void> {
    let ready: (ca: Ca) => void = () => undefined;
    const started = new Promise<Ca>((resolve) => {
      ready = resolve;
    });
    const serve = async (ports: Ports) => {
      const ca = await createCa(ports, { baseUrl: 'https://ca.test', ...options });
      await serveCa(ports, ca, { host: '', port: 443 });
      ready(ca);
      await new Promise<void>(() => undefined);
    };
    this.world.boot({ machine: this.caMachine, name: 'ca', main: serve });
    this.#ca = await this.world.drive(started);
    this.disk.write('/srv/root.pem', new TextEncoder().encode(this.ca.root), { mode: 0o644 });
  }

  /**
   * Starts a DNS server on a machine of its own, which has the root and site.test with these records, takes unsigned
   * updates, and answers as a resolver does. Its address is returned.
   */
  async startDns(records: string): Promise<string> {
    const machine = this.world.machine({ name: 'dns.test' });
    const [address = ''] = machine.addresses;
    const nameServers = { ns: [address] };
    const zone = new DnsZone('site.test', { nameServers, records });
    const zones = [new DnsZone('.', { nameServers, records: 'test TXT "a top-level domain"' }), zone];
    this.#zone = zone;
    let ready: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const serve = async (ports: Ports) => {
      await new DnsServer({ ports, zones }).serve(ports.net, { host: address, port: 53 });
      ready();
      await new Promise<void>(() => undefined);
    };
    this.world.boot({ machine, name: 'dns', main: serve });
    await this.world.drive(started);
    return address;
  }

  /** Runs a command line whose words are separated by single spaces. */
  async run(line: string, options: RunOptions = {}): Promise<Outcome> {
    let code = -1;
    const abort = new AbortController();
    const process = this.world.boot({
      machine: this.machine,
      name: 'everseal',
      interactive: options.answers !== undefined,
      main: async (ports, { terminal }) => {
        terminal.answers.push(...(options.answers ?? []));
        code = await dispatch({
          words: line.split(' '),
          environment: { LEGO_CA_CERTIFICATES: '/srv/root.pem', ...options.environment },
          workingFolder: '/srv',
          signal: abort.signal,
          print: (text) => terminal.write(text),
          printError: (text) => terminal.writeError(text),
          versionLine: 'everseal 0.0.0',
          ports: async (log) => ({ ...ports, log }),
        });
      },
    });
    options.before?.(process, abort);
    const exit = await this.world.drive(process.exited);
    if (exit.how === 'failed') throw exit.error;
    return { code, stdout: process.terminal.stdout, stderr: process.terminal.stderr };
  }

  /** The usual order: one name, a new or known account. */
  obtain(flags = '', options: RunOptions = {}): Promise<Outcome> {
    const line = 'run -s https://ca.test/directory -m me@site.test -d www.site.test --http --no-random-sleep';
    return this.run(flags === '' ? `${line} -a` : `${line} ${flags}`, options);
  }
}
