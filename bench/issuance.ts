/**
 * One certificate, http-01, a new account, the whole process, everybody against the same Pebble.
 * `npm run bench -- issuance [--runs 3] [--with-lego-100]`.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runArguments } from '../interop/harness/everseal.ts';
import { temporaryFolder } from '../interop/harness/folder.ts';
import { type Pebble, startPebble } from '../interop/harness/pebble.ts';
import { peer, program, root } from '../interop/harness/root.ts';
import { type Cost, measure } from './measure.ts';
import { median, printTable } from './table.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, 'with-lego-100': { type: 'boolean', default: false } },
});

interface Client {
  readonly name: string;
  /** The slow ones run once. */
  readonly runs: number;
  readonly sizes: readonly number[];
  issue(pebble: Pebble, path: string, domains: readonly string[]): Promise<Cost>;
}

const clients: readonly Client[] = [
  {
    name: 'everseal',
    runs: Number(values.runs),
    sizes: [1, 10, 100],
    issue: (pebble, path, domains) =>
      measure(process.execPath, [program, ...runArguments(pebble, { path, domains })], {
        LEGO_CA_CERTIFICATES: pebble.tlsRoot,
      }),
  },
  {
    name: 'lego 5.3.1',
    runs: 1,
    sizes: values['with-lego-100'] ? [1, 10, 100] : [1, 10],
    issue: (pebble, path, domains) =>
      measure(peer('lego'), runArguments(pebble, { path, domains, more: ['--cert.timeout', '600'] }), {
        LEGO_CA_CERTIFICATES: pebble.tlsRoot,
      }),
  },
  {
    name: 'certbot 5',
    runs: 1,
    sizes: [1, 10, 100],
    issue: (pebble, path, domains) =>
      measure(peer('certbot'), certbotArguments(pebble, path, domains), { REQUESTS_CA_BUNDLE: pebble.tlsRoot }),
  },
  {
    name: 'acme-client 5.4.0',
    runs: 1,
    sizes: [1, 10, 100],
    issue: (pebble, path, domains) =>
      measure(process.execPath, [
        join(root, 'bench', 'acme-client.mjs'),
        ...[pebble.directory, pebble.tlsRoot, String(pebble.httpPort), join(path, 'all.pem')],
        ...domains,
      ]),
  },
];

function certbotArguments(pebble: Pebble, path: string, domains: readonly string[]): readonly string[] {
  const folders = ['config', 'work', 'logs'].flatMap((kind) => [`--${kind}-dir`, join(path, kind)]);
  const account = ['--non-interactive', '--agree-tos', '--email', 'bench@example.com', '--no-eff-email'];
  const challenge = ['--standalone', '--http-01-port', String(pebble.httpPort), '--http-01-address', '127.0.0.1'];
  return ['certonly', '--server', pebble.directory, ...folders, ...account, ...challenge, '-d', domains.join(',')];
}

interface Measured extends Cost {
  readonly client: string;
  readonly size: number;
  readonly requests: number;
}

let serial = 0;

async function issueOnce(pebble: Pebble, client: Client, size: number): Promise<Cost & { readonly requests: number }> {
  const folder = temporaryFolder();
  serial += 1;
  const domains = Array.from({ length: size }, (_, index) => `n${index}.r${serial}.bench.example`);
  const before = pebble.requests();
  try {
    const cost = await client.issue(pebble, folder.path, domains);
    return { ...cost, requests: pebble.requests() - before };
  } finally {
    folder.remove();
  }
}

async function measureClient(pebble: Pebble, client: Client, size: number): Promise<Measured> {
  const all: (Cost & { readonly requests: number })[] = [];
  for (let round = 0; round < client.runs; round += 1) all.push(await issueOnce(pebble, client, size));
  const middle = (pick: (cost: Cost & { readonly requests: number }) => number) => median(all.map(pick));
  return {
    client: client.name,
    size,
    wallMs: middle((cost) => cost.wallMs),
    cpuMs: middle((cost) => cost.cpuMs),
    rssMb: middle((cost) => cost.rssMb),
    requests: middle((cost) => cost.requests),
  };
}

const pebble = await startPebble('calm');
try {
  for (const size of [1, 10, 100]) {
    const measured: Measured[] = [];
    for (const client of clients.filter(({ sizes }) => sizes.includes(size))) {
      measured.push(await measureClient(pebble, client, size));
    }
    const ours = measured[0]?.wallMs ?? 1;
    printTable(
      `${size} ${size === 1 ? 'name' : 'names'}, one order, new account, Pebble 2.10.1`,
      ['client', 'wall (s)', 'times ours', 'CPU (s)', 'peak RSS (MB)', 'requests'],
      measured.map(({ client, wallMs, cpuMs, rssMb, requests }) => [
        client,
        (wallMs / 1000).toFixed(2),
        (wallMs / ours).toFixed(1),
        (cpuMs / 1000).toFixed(2),
        rssMb.toFixed(0),
        String(requests),
      ]),
    );
  }
} finally {
  await pebble.stop();
}
