import { describe, expect, it } from 'vitest';
import type { CaOptions } from '../ca/index.ts';
import { textOfTxt } from '../dns/index.ts';
import { SimulatedCli } from './simulated-cli.testing.ts';

const server = '-s https://ca.test/directory -a -m me@site.test --no-random-sleep';

/** A CA that asks a DNS server for what it validates. */
async function inTown({ validation, ...options }: CaOptions = {}) {
  const cli = new SimulatedCli('challenges');
  const [address = ''] = cli.machine.addresses;
  const dns = await cli.startDns(`@ A ${address}\nwww A ${address}\napi A ${address}`);
  await cli.startCa({ ...options, validation: { ...validation, resolvers: [{ host: dns, port: 53 }] } });
  const run = (flags: string, environment: Readonly<Record<string, string>> = {}) =>
    cli.run(`run ${server} ${flags}`, { environment });
  return { cli, dns, run };
}

const texts = (cli: SimulatedCli) =>
  cli.zone.list().flatMap((record) => (record.type === 'TXT' ? [`${record.name} ${textOfTxt(record)}`] : []));

describe('everseal run', () => {
  it('proves a name by TLS-ALPN-01', async () => {
    const { run } = await inTown({ challenges: ['tls-alpn-01'] });
    const { code, stdout, stderr } = await run('-d www.site.test --tls');
    expect(stderr).toContain('ready to prove www.site.test by tls-alpn-01');
    expect(stdout).toContain('www.site.test  obtained');
    expect(code).toBe(0);
  });

  it('leaves HTTP-01 to the web server of a folder, and nothing in it', async () => {
    const { cli, run } = await inTown();
    cli.disk.createFolder('/srv/www', 0o755);
    cli.world.boot({
      machine: cli.machine,
      name: 'nginx',
      main: async ({ net, fs }) => {
        const handler = async (request: Request) =>
          new Response(Buffer.from(await fs.read(`/srv/www${new URL(request.url).pathname}`)));
        await net.serveHttp({ address: { host: '', port: 80 }, handler });
        await new Promise<void>(() => undefined);
      },
    });
    const { code } = await run('-d www.site.test --http --http.webroot www');
    expect(code).toBe(0);
    expect(cli.disk.tree('/srv/www').filter((path) => path !== '/srv/www')).toEqual([]);
  });

  it('proves a name and its wildcard by DNS updates, and removes the records', async () => {
    const { cli, dns, run } = await inTown();
    const { code, stdout, stderr } = await run(`-d *.site.test -d site.test --dns dnsupdate --dns.resolvers ${dns}`, {
      DNSUPDATE_NAMESERVER: dns,
    });
    expect(stderr).not.toMatch(/Warning|Error/);
    expect(stderr).toContain('ready to prove site.test by dns-01');
    expect(stderr).toContain('ready to prove *.site.test by dns-01');
    expect(stdout).toContain('names        *.site.test, site.test');
    expect(code).toBe(0);
    expect(texts(cli)).toEqual([]);
  });

  it('has a program write the records, and shows what it prints', async () => {
    const { cli, dns, run } = await inTown();
    const calls: string[] = [];
    cli.machine.programs.set('/srv/update.sh', async ({ argv, print }) => {
      const [verb = '', name = '', value = ''] = argv;
      calls.push(verb);
      print(`${verb} ${name}\n`);
      const record = `${name} 60 TXT "${value}"`;
      if (verb === 'present') cli.zone.add(record);
      if (verb === 'cleanup') cli.zone.remove(record);
      return 0;
    });
    const { code, stderr } = await run(`-d www.site.test --dns exec --dns.resolvers ${dns}`, {
      EXEC_PATH: './update.sh',
    });
    expect(stderr).toContain('exec: present _acme-challenge.www.site.test.\n');
    expect(calls).toEqual(['present', 'cleanup']);
    expect(code).toBe(0);
  });

  it('makes the record of DNS-PERSIST-01 once, at a provider', async () => {
    const { cli, dns, run } = await inTown({ challenges: ['dns-persist-01'] });
    const flags = `-d *.site.test --dns-persist --dns-persist.provider dnsupdate --dns-persist.resolvers ${dns}`;
    const environment = { DNSUPDATE_NAMESERVER: dns };
    expect((await run(flags, environment)).code).toBe(0);
    const made = texts(cli);
    expect(made).toEqual([expect.stringContaining('policy=wildcard')]);
    expect((await run(`${flags} --renew-force`, environment)).code).toBe(0);
    expect(texts(cli)).toEqual(made);
  });

  it('waits for a person to make it, when that is wanted', async () => {
    const { cli, dns, run } = await inTown({ challenges: ['dns-persist-01'] });
    const flags = `-d www.site.test --dns-persist --dns-persist.resolvers ${dns}`;
    const nobody = await run(flags);
    expect(nobody.code).toBe(1);
    expect(nobody.stderr).toMatch(/ {7}Create _validation-persist\.www\.site\.test\. IN TXT "/);
    const waiting = run(flags, { DNSPERSIST_MANUAL_MODE: 'wait', DNSPERSIST_MANUAL_WAIT: '600' });
    const account = /accounturi=([^";]+)/.exec(nobody.stderr)?.[1] ?? '';
    void cli.world
      .sleep(300_000)
      .then(() => cli.zone.add(`_validation-persist.www TXT "ca.test; accounturi=${account}"`));
    const { code, stderr } = await waiting;
    expect(stderr).toContain('Please create:\n  _validation-persist.www.site.test. IN TXT "ca.test; accounturi=');
    expect(code).toBe(0);
  });

  it('asks on a terminal for the record to be made', async () => {
    const { cli, dns } = await inTown({ challenges: ['dns-persist-01'] });
    const line = `${server} --dns-persist --dns-persist.resolvers ${dns} -d site.test`;
    const shown = await cli.run(
      `persist show -s https://ca.test/directory -a -m me@site.test --dns.resolvers ${dns} site.test`,
    );
    const [, record = ''] = /For a zone file:\n(.*)\n/.exec(shown.stdout) ?? [];
    void cli.world.sleep(30_000).then(() => cli.zone.add(record));
    const { code, stderr } = await cli.run(`run ${line}`, { answers: [''] });
    expect(stderr).toContain(`Please create:\n  ${record}\nPress Enter when DNS shows it: `);
    expect(code).toBe(0);
  });

  it('goes on with the next challenge when one fails', async () => {
    const { cli, run } = await inTown({ validation: { tlsPort: 8443, attempts: 1 } });
    const { code, stderr } = await run('-d www.site.test --tls --http');
    expect(stderr).toContain('Warning: www.site.test: tls-alpn-01 failed for www.site.test: ');
    expect(stderr).toContain('ready to prove www.site.test by http-01');
    expect(code).toBe(0);
    expect(cli.ca.stats()).toMatchObject({ orders: 2, certificates: 1 });
  });

  it('issues for the names that can be proved with --allow-partial', async () => {
    const { run } = await inTown({ validation: { attempts: 1 } });
    const flags = '-d www.site.test -d gone.site.test --http';
    const all = await run(flags);
    expect(all.code).toBe(1);
    expect(all.stderr).toContain('gone.site.test');
    const { code, stdout, stderr } = await run(`${flags} --allow-partial`);
    expect(stderr).toContain('Warning: www.site.test: going on without gone.site.test: ');
    expect(stdout).toMatch(/names {8}www\.site\.test\n {2}without {6}gone\.site\.test: /);
    expect(code).toBe(0);
    expect((await run(`${flags} --allow-partial`)).stdout).toContain('not due yet');
  });
});
