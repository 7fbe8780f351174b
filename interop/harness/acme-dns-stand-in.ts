/**
 * A stand-in for acme-dns (https://github.com/joohoi/acme-dns), written from the documentation of its API: the program itself
 * is not among the packages that can be installed here. The DNS side is the server of `src/dns`.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { DnsServer, DnsZone } from '../../src/dns/index.ts';
import { nodePorts } from '../../src/node/index.ts';
import { type HttpCall, startHttp } from './http-server.ts';
import { loopbackAddresses } from './loopback.ts';

interface Account {
  readonly username: string;
  readonly password: string;
  readonly fulldomain: string;
  readonly subdomain: string;
  readonly allowfrom: readonly string[];
}

export interface AcmeDnsStandIn {
  readonly api: string;
  /** Of its name server, port 53. */
  readonly address: string;
  /** The values of an account, oldest first: two at most. */
  values(fulldomain: string): readonly string[];
  readonly accounts: ReadonlyMap<string, Account>;
  stop(): Promise<void>;
}

const kept = 2;

export async function startAcmeDnsStandIn(apex: string, address: string): Promise<AcmeDnsStandIn> {
  const ports = nodePorts();
  const zone = new DnsZone(apex, { nameServers: { ns1: [address] }, ttl: 1, negativeTtl: 1 });
  const accounts = new Map<string, Account>();
  const release = loopbackAddresses([address]);
  const dns = new DnsServer({ ports, zones: [{ zone, updates: 'refused' }] });
  const listener = await dns.serve(ports.net, { host: address, port: 53 }).catch((error: unknown) => {
    release();
    throw error;
  });

  const register = ({ body }: HttpCall) => {
    const { allowfrom = [] }: { allowfrom?: readonly string[] } = body === '' ? {} : JSON.parse(body);
    const subdomain = randomUUID();
    const password = randomBytes(30).toString('base64url');
    const account = { username: randomUUID(), password, fulldomain: `${subdomain}.${apex}`, subdomain, allowfrom };
    accounts.set(subdomain, account);
    return { status: 201, json: account };
  };

  const update = ({ body, headers }: HttpCall) => {
    const { subdomain = '', txt = '' }: { subdomain?: string; txt?: string } = JSON.parse(body);
    const account = accounts.get(subdomain);
    const isTheirs = account?.username === headers['x-api-user'] && account?.password === headers['x-api-key'];
    if (account === undefined || !isTheirs) return { status: 401, json: { error: 'forbidden' } };
    if (txt.length !== 43) return { status: 400, json: { error: 'bad_txt' } };
    const values = [...zone.texts(subdomain), txt].slice(-kept);
    zone.removeAll(subdomain, 'TXT');
    zone.add(values.map((value) => `${subdomain} TXT "${value}"`).join('\n'));
    return { status: 200, json: { txt } };
  };

  const http = await startHttp((call) => {
    if (call.method === 'POST' && call.path === '/register') return register(call);
    if (call.method === 'POST' && call.path === '/update') return update(call);
    if (call.method === 'GET' && call.path === '/health') return { status: 200 };
    return { status: 404, json: { error: 'not_found' } };
  });
  return {
    api: http.url,
    address,
    accounts,
    values: (fulldomain) => zone.texts(`${fulldomain}.`),
    async stop() {
      await Promise.all([http.stop(), listener.close()]);
      release();
    },
  };
}
