/**
 * One certificate by dns-01, all names in one zone, the whole process, everybody against the same Pebble and the same BIND.
 * `npm run bench -- dns [--runs 3] [--without-slow]`: lego alone needs ten minutes for fifty names by two ways.
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startBind } from '../interop/harness/bind.ts';
import { temporaryFolder } from '../interop/harness/folder.ts';
import type { NameServer } from '../interop/harness/name-server.ts';
import { type Pebble, startPebble } from '../interop/harness/pebble.ts';
import { peer, program } from '../interop/harness/root.ts';
import { type Cost, measure } from './measure.ts';
import { median, printTable } from './table.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, 'without-slow': { type: 'boolean', default: false } },
});
const slow = !values['without-slow'];
const zone = 'bench.example';
const primary = '127.20.0.1';
const resolver = '127.20.0.2';

interface Ground {
  readonly pebble: Pebble;
  readonly bind: NameServer;
  readonly folder: string;
  /** Takes 100 ms a call and sends one update. */
  readonly script: string;
}

interface Client {
  readonly name: string;
  readonly runs: number;
  readonly sizes: readonly number[];
  issue(ground: Ground, path: string, domains: readonly string[]): Promise<Cost>;
}

type Environment = Readonly<Record<string, string>>;

function updateEnvironment({ bind }: Ground): Environment {
  return {
    RFC2136_NAMESERVER: `${bind.address}:53`,
    RFC2136_TSIG_KEY: bind.key.name,
    RFC2136_TSIG_SECRET: bind.key.secret.reveal(),
    RFC2136_TSIG_ALGORITHM: `${bind.key.algorithm}.`,
    RFC2136_SEQUENCE_INTERVAL: '0',
  };
}

function legoWords({ pebble }: Ground, path: string, domains: readonly string[], dns: string): readonly string[] {
  return [
    ...['run', '--server', pebble.directory, '--email', 'bench@example.com', '--accept-tos', '--no-random-sleep'],
    ...['--domains', domains.join(','), '--path', path, '--dns', dns, '--dns.resolvers', `${resolver}:53`],
    ...['--cert.timeout', '900'],
  ];
}

const everseal =
  (dns: string, more: (ground: Ground) => Environment): Client['issue'] =>
  (ground, path, domains) =>
    measure(process.execPath, [program, ...legoWords(ground, path, domains, dns)], {
      LEGO_CA_CERTIFICATES: ground.pebble.tlsRoot,
      ...more(ground),
    });

const lego =
  (dns: string, more: (ground: Ground) => Environment): Client['issue'] =>
  (ground, path, domains) =>
    // It looks name servers up by the system's resolver, which does not know those of a bench: so it is spared that check.
    measure(peer('lego'), [...legoWords(ground, path, domains, dns), '--dns.propagation.disable-ans'], {
      LEGO_CA_CERTIFICATES: ground.pebble.tlsRoot,
      ...more(ground),
    });

const execEnvironment = ({ script }: Ground): Environment => ({ EXEC_PATH: script, EXEC_SEQUENCE_INTERVAL: '0' });
const parallelExec = (ground: Ground): Environment => ({ EXEC_PATH: ground.script, EXEC_PARALLEL: 'true' });
const ourExec = ({ script }: Ground): Environment => ({ EXEC_PATH: script });

const byUpdates: readonly Client[] = [
  { name: 'everseal', runs: Number(values.runs), sizes: [1, 10, 50], issue: everseal('dnsupdate', updateEnvironment) },
  { name: 'lego 5.3.1', runs: 1, sizes: slow ? [1, 10, 50] : [1], issue: lego('dnsupdate', updateEnvironment) },
  { name: 'certbot 5', runs: 1, sizes: [1, 10, 50], issue: issueByCertbot },
];

const byProgram: readonly Client[] = [
  { name: 'everseal', runs: 1, sizes: [1, 10, 50], issue: everseal('exec', ourExec) },
  { name: 'everseal, EXEC_PARALLEL=true', runs: 1, sizes: [1, 10, 50], issue: everseal('exec', parallelExec) },
  { name: 'lego 5.3.1', runs: 1, sizes: slow ? [1, 10, 50] : [1], issue: lego('exec', execEnvironment) },
];

function issueByCertbot(ground: Ground, path: string, domains: readonly string[]): Promise<Cost> {
  const { bind, pebble } = ground;
  const credentials = join(path, 'rfc2136.ini');
  const settings = {
    server: bind.address,
    port: '53',
    name: bind.key.name,
    secret: bind.key.secret.reveal(),
    algorithm: bind.key.algorithm.toUpperCase(),
  };
  const lines = Object.entries(settings).map(([name, value]) => `dns_rfc2136_${name} = ${value}\n`);
  writeFileSync(credentials, lines.join(''), { mode: 0o600 });
  const folders = ['config', 'work', 'logs'].flatMap((kind) => [`--${kind}-dir`, join(path, kind)]);
  const account = ['--non-interactive', '--agree-tos', '--email', 'bench@example.com', '--no-eff-email'];
  const challenge = [
    ...['--dns-rfc2136', '--dns-rfc2136-credentials', credentials, '--dns-rfc2136-propagation-seconds', '1'],
  ];
  const words = ['certonly', '--server', pebble.directory, ...folders, ...account, ...challenge];
  return measure(peer('certbot'), [...words, '-d', domains.join(',')], { REQUESTS_CA_BUNDLE: pebble.tlsRoot });
}

function writeScript(folder: string, bind: NameServer): string {
  const script = join(folder, 'update.sh');
  const key = `${bind.key.algorithm}:${bind.key.name}:${bind.key.secret.reveal()}`;
  const lines = [
    '#!/bin/sh',
    'sleep 0.1',
    'verb=add; ttl=" 60"; [ "$1" = cleanup ] && verb=delete && ttl=""',
    `printf 'server ${bind.address}\\nzone ${zone}.\\nupdate %s %s%s TXT "%s"\\nsend\\n' "$verb" "$2" "$ttl" "$3" | nsupdate -y '${key}'`,
    '',
  ];
  writeFileSync(script, lines.join('\n'));
  chmodSync(script, 0o755);
  return script;
}

let serial = 0;

async function measureClient(ground: Ground, client: Client, size: number): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round < client.runs; round += 1) {
    const folder = temporaryFolder();
    serial += 1;
    const domains = Array.from({ length: size }, (_, index) => `n${index}.r${serial}.${zone}`);
    try {
      all.push((await client.issue(ground, folder.path, domains)).wallMs);
    } finally {
      folder.remove();
    }
  }
  return median(all);
}

async function compare(ground: Ground, title: string, clients: readonly Client[]): Promise<void> {
  for (const size of [1, 10, 50]) {
    const measured: { readonly name: string; readonly ms: number }[] = [];
    for (const client of clients.filter(({ sizes }) => sizes.includes(size))) {
      measured.push({ name: client.name, ms: await measureClient(ground, client, size) });
    }
    const ours = measured[0]?.ms ?? 1;
    printTable(
      `${size} ${size === 1 ? 'name' : 'names'} in one zone, ${title}`,
      ['client', 'wall (s)', 'times ours'],
      measured.map(({ name, ms }) => [name, (ms / 1000).toFixed(2), (ms / ours).toFixed(1)]),
    );
  }
}

const home = temporaryFolder();
const records = ['@ NS ns1', `ns1 A ${primary}`];
const bind = await startBind({ addresses: [primary], zones: [{ apex: zone, records }] });
const recursive = await startBind({ addresses: [resolver], forwards: { [zone]: primary } });
const pebble = await startPebble('calm', `${resolver}:53`);
const ground = { pebble, bind, folder: home.path, script: writeScript(home.path, bind) };
try {
  await compare(ground, 'by signed updates (RFC 2136)', byUpdates);
  await compare(ground, 'by a program that takes 100 ms a call', byProgram);
} finally {
  await Promise.all([pebble.stop(), recursive.stop(), bind.stop()]);
  home.remove();
}
