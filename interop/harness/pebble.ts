import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { temporaryFolder } from './folder.ts';
import { freePort } from './free-port.ts';
import { makeServerCertificate } from './openssl.ts';
import { type Server, startServer, waitFor } from './process.ts';
import { peer } from './root.ts';

export type PebbleMode = 'calm' | 'rough' | 'eab';

interface Setting {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, unknown>>;
}

const calmProfile = { default: { description: 'ninety days', validityPeriod: 7_776_000 } };
const quick = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0', PEBBLE_WFE_NONCEREJECT: '0' };

export const eab = { kid: 'kid-of-the-suite', hmac: 'Zm9yIHRoZSBzdWl0ZTogdGhpcnR5LXR3byBvY3RldHMhIQ' } as const;

/** What each kind of Pebble is like. Every order without `profile` gets a random one, so the calm ones have just one. */
const settings: Readonly<Record<PebbleMode, Setting>> = {
  calm: { args: [], env: quick, config: { profiles: calmProfile } },
  rough: {
    args: ['-strict'],
    env: {
      ...quick,
      PEBBLE_AUTHZREUSE: '50',
      PEBBLE_WFE_NONCEREJECT: '30',
      PEBBLE_ALTERNATE_ROOTS: '2',
      PEBBLE_CHAIN_LENGTH: '3',
    },
    config: {
      retryAfter: { authz: 1, order: 1 },
      profiles: { ...calmProfile, shortlived: { description: 'six days', validityPeriod: 518_400 } },
    },
  },
  eab: {
    args: [],
    env: quick,
    config: {
      profiles: calmProfile,
      externalAccountBindingRequired: true,
      externalAccountMACKeys: { [eab.kid]: eab.hmac },
    },
  },
};

export interface Pebble {
  readonly directory: string;
  /** PEM file: whom to trust to speak to it. */
  readonly tlsRoot: string;
  /** Where it looks for http-01 answers, on 127.0.0.1 for every name. */
  readonly httpPort: number;
  /** Where it looks for tls-alpn-01 answers. */
  readonly tlsPort: number;
  /** PEM file of the root of its nth chain (0 is the default one). */
  rootFile(n?: number): Promise<string>;
  /** Milliseconds from its start to its first answer. */
  readonly startMs: number;
  /** Requests served so far, by its log. */
  requests(): number;
  log(): string;
  stop(): Promise<void>;
}

/**
 * A Pebble of the test's own on free loopback ports. It resolves names by `resolver` (HOST:PORT); without one by a DNS server
 * of its own that has 127.0.0.1 for every name.
 */
export async function startPebble(mode: PebbleMode, resolver?: string): Promise<Pebble> {
  const folder = temporaryFolder();
  const [port, management, httpPort, tlsPort] = await freePorts(4);
  const certificate = makeServerCertificate(join(folder.path, 'tls'));
  const dns = resolver === undefined ? await startDns() : { address: resolver, server: undefined };
  const setting = settings[mode];
  const config = join(folder.path, 'pebble.json');
  writeFileSync(
    config,
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${port}`,
        managementListenAddress: `127.0.0.1:${management}`,
        certificate: certificate.certificate,
        privateKey: certificate.key,
        httpPort,
        tlsPort,
        domainBlocklist: ['blocked-domain.example'],
        keyAlgorithm: 'ecdsa',
        ...setting.config,
      },
    }),
  );
  const args = ['-config', config, '-dnsserver', dns.address, ...setting.args];
  const started = performance.now();
  const server = startServer(peer('pebble'), args, { env: setting.env });
  const ca = readFileSync(certificate.root, 'utf8');
  const directory = `https://127.0.0.1:${port}/dir`;
  const stop = async () => {
    await Promise.all([server.stop(), dns.server?.stop()]);
    folder.remove();
  };
  let startMs = 0;
  try {
    // The root was made for this one process: whoever passes verification is ours.
    await waitFor(server, () => get(directory, ca));
    startMs = performance.now() - started;
    await waitFor(server, () => get(`https://127.0.0.1:${management}/roots/0`, ca));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    directory,
    tlsRoot: certificate.root,
    httpPort,
    tlsPort,
    startMs,
    async rootFile(n = 0) {
      const path = join(folder.path, `root-${n}.pem`);
      writeFileSync(path, await get(`https://127.0.0.1:${management}/roots/${n}`, ca));
      return path;
    },
    requests: () => server.output().split('-> calling handler()').length - 1,
    log: () => server.output(),
    stop,
  };
}

async function freePorts(count: number): Promise<Four> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  const [a = 0, b = 0, c = 0, d = 0] = ports;
  return [a, b, c, d];
}

type Four = [number, number, number, number];

async function startDns(): Promise<{ readonly server: Server; readonly address: string }> {
  const [dns, management] = await freePorts(2);
  const off = ['-doh', '', '-http01', '', '-https01', '', '-tlsalpn01', ''];
  const args = [
    '-dnsserver',
    `127.0.0.1:${dns}`,
    '-management',
    `127.0.0.1:${management}`,
    '-defaultIPv4',
    '127.0.0.1',
    '-defaultIPv6',
    '',
    ...off,
  ];
  return { server: startServer(peer('pebble-challtestsrv'), args), address: `127.0.0.1:${dns}` };
}

/** Fetches over HTTPS with just this root. */
export function get(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      { ca, agent: false, timeout: 5_000, headers: { 'user-agent': 'interop-suite' } },
      (reply) => {
        let body = '';
        reply.on('data', (data: Buffer) => {
          body += data.toString();
        });
        reply.on('end', () =>
          reply.statusCode === 200 ? resolve(body) : reject(new Error(`${url}: ${reply.statusCode}`)),
        );
      },
    );
    call.on('timeout', () => call.destroy(new Error(`${url}: no answer`)));
    call.on('error', reject);
    call.end();
  });
}
