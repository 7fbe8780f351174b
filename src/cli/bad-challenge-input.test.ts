import { describe, expect, it } from 'vitest';
import { expectFailure } from './failure.testing.ts';
import { SimulatedCli } from './simulated-cli.testing.ts';

interface BadInput {
  readonly what: string;
  /** `DNS` stands for the address of the DNS server. */
  readonly flags: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly arrange?: (cli: SimulatedCli) => void;
  readonly code?: number;
  readonly message: RegExp;
  readonly next: RegExp;
}

const www = '-d www.site.test';
const updates = `${www} --dns dnsupdate --dns.resolvers DNS`;
const nameserver = { DNSUPDATE_NAMESERVER: 'DNS' };
const listenOn = (port: number) => (cli: SimulatedCli) =>
  void cli.world.boot({
    machine: cli.machine,
    name: 'web server',
    main: async ({ net }) => {
      await net.serveHttp({ address: { host: '', port }, handler: async () => new Response('hello') });
      await new Promise<void>(() => undefined);
    },
  });

const table: readonly BadInput[] = [
  {
    what: 'a webroot that is missing',
    flags: `${www} --http --http.webroot gone`,
    message: /\/srv\/gone/,
    next: /./,
  },
  {
    what: 'a webroot that is a file',
    flags: `${www} --http --http.webroot root.pem`,
    message: /\/srv\/root\.pem/,
    next: /./,
  },
  {
    what: 'port 443 taken',
    flags: `${www} --tls`,
    arrange: listenOn(443),
    message: /^Error: Cannot answer tls-alpn-01 challenges: port 443 is taken by another program$/,
    next: /--tls\.address/,
  },
  {
    what: 'a DNS provider that does not exist',
    flags: `${www} --dns dnsupdat`,
    code: 2,
    message: /^Error: There is no DNS provider "dnsupdat"$/,
    next: /Did you mean dnsupdate\?/,
  },
  {
    what: 'a DNS provider for records that stay that does not exist',
    flags: `${www} --dns-persist --dns-persist.provider x`,
    code: 2,
    message: /^Error: There is no DNS provider "x"$/,
    next: /The providers are|Did you mean/,
  },
  {
    what: 'a DNS provider without its credentials',
    flags: updates,
    code: 2,
    message: /^Error: dnsupdate: some credentials information are missing: DNSUPDATE_NAMESERVER$/,
    next: /Set DNSUPDATE_NAMESERVER, or DNSUPDATE_NAMESERVER_FILE/,
  },
  {
    what: 'a key that the DNS server does not know',
    flags: updates,
    environment: { ...nameserver, DNSUPDATE_TSIG_KEY: 'k.', DNSUPDATE_TSIG_SECRET: 'c2VjcmV0LXNlY3JldC1zZWNyZXQ=' },
    message: /BADKEY/,
    next: /./,
  },
  {
    what: 'a DNS server that does not take updates for the zone',
    flags: '-d www.other.test --dns dnsupdate --no-preflight --dns.resolvers DNS',
    environment: { ...nameserver, DNSUPDATE_ZONES: 'other.test' },
    message: /other\.test\..*(NOTAUTH|REFUSED)|(NOTAUTH|REFUSED).*other\.test/,
    next: /./,
  },
  {
    what: 'a DNS server that does not answer',
    flags: updates,
    environment: { DNSUPDATE_NAMESERVER: '10.99.0.1' },
    message: /10\.99\.0\.1/,
    next: /./,
  },
  {
    what: 'resolvers that do not answer',
    flags: `${www} --dns dnsupdate --dns.resolvers 10.99.0.1`,
    environment: nameserver,
    message: /10\.99\.0\.1/,
    next: /./,
  },
  {
    what: 'a resolver that is none',
    flags: `${www} --dns dnsupdate --dns.resolvers a:b:c`,
    environment: nameserver,
    code: 2,
    message: /^Error: "a:b:c" is no address of a DNS resolver/,
    next: /./,
  },
  {
    what: 'CNAME records in a circle',
    flags: `-d loop.site.test --dns dnsupdate --dns.resolvers DNS`,
    environment: nameserver,
    message: /_acme-challenge\.loop\.site\.test/,
    next: /./,
  },
  {
    what: 'a zone that is delegated to a server that does not have it',
    flags: `-d a.lame.site.test --dns dnsupdate --dns.resolvers DNS`,
    environment: nameserver,
    message: /lame\.site\.test/,
    next: /./,
  },
  {
    what: 'a program that is missing',
    flags: `${www} --dns exec --dns.resolvers DNS`,
    environment: { EXEC_PATH: './gone.sh' },
    message: /\/srv\/gone\.sh/,
    next: /EXEC_PATH/,
  },
  {
    what: 'a program that fails',
    flags: `${www} --dns exec --dns.resolvers DNS`,
    environment: { EXEC_PATH: '/bin/fail' },
    message: /\/bin\/fail.*no such zone/,
    next: /./,
  },
  {
    what: 'a program that hangs',
    flags: `${www} --dns exec --dns.resolvers DNS`,
    environment: { EXEC_PATH: '/bin/hang', EXEC_CALL_TIMEOUT: '7' },
    message: /\/bin\/hang.*7 s/,
    next: /EXEC_CALL_TIMEOUT/,
  },
  {
    what: 'a mode of making records by hand that does not exist',
    flags: `${www} --dns-persist`,
    environment: { DNSPERSIST_MANUAL_MODE: 'sometimes' },
    code: 2,
    message: /^Error: DNSPERSIST_MANUAL_MODE=sometimes is not known$/,
    next: /prompt or wait/,
  },
  {
    what: 'a name of a hundred labels',
    flags: `-d ${'abc.'.repeat(98)}site.test --dns dnsupdate --dns.resolvers DNS`,
    environment: nameserver,
    message: /253|255|long/,
    next: /./,
  },
];

describe('bad input for challenges', () => {
  it.each(table)('$what: cause, what to do, nothing left behind', async (row) => {
    const { flags, environment = {}, arrange, code = 1, message, next } = row;
    const cli = new SimulatedCli('bad challenges');
    const [own = ''] = cli.machine.addresses;
    const dns = await cli.startDns(
      `www A ${own}\n_acme-challenge.loop CNAME x.loop\nx.loop CNAME _acme-challenge.loop\nlame NS ns`,
    );
    await cli.startCa({
      challenges: ['http-01', 'tls-alpn-01', 'dns-01', 'dns-persist-01'],
      validation: { attempts: 1, resolvers: [{ host: dns, port: 53 }] },
    });
    cli.machine.programs.set('/bin/fail', async ({ print }) => {
      print('no such zone\n');
      return 3;
    });
    cli.machine.programs.set('/bin/hang', () => new Promise<number>(() => undefined));
    arrange?.(cli);
    const before = traces(cli);
    const line = `run -s https://ca.test/directory -a -m me@site.test --no-random-sleep ${flags}`;
    const outcome = await cli.run(line.replaceAll('DNS ', `${dns} `).replace(/DNS$/, dns), {
      environment: Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [name, value === 'DNS' ? dns : value]),
      ),
    });
    expectFailure(outcome, { code, message, next });
    expect(traces(cli)).toEqual(before);
    expect(cli.ca.stats().certificates).toBe(0);
  });
});

/** All files but the account's and the state, and all records but the serial, which counts what came and went. */
function traces({ disk, zone }: SimulatedCli) {
  const files = disk.tree('/srv').filter((path) => !/\/\.lego($|\/accounts|\/\.everseal)/.test(path));
  return { files, records: zone.list().filter(({ type }) => type !== 'SOA') };
}
