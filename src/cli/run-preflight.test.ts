import { describe, expect, it } from 'vitest';
import { SimulatedCli } from './simulated-cli.testing.ts';

/** A CA that heeds CAA, and DNS in which www.site.test leads to `address`, or here. */
async function inTown(records = '', address?: string) {
  const cli = new SimulatedCli('preflight');
  const [own = ''] = cli.machine.addresses;
  const dns = await cli.startDns(`www A ${address ?? own}\napi A ${own}\n${records}`);
  const validation = { caa: true, attempts: 1, resolvers: [{ host: dns, port: 53 }] };
  await cli.startCa({ validation, caaIdentities: ['ca.test'] });
  const line = 'run -s https://ca.test/directory -a -m me@site.test --no-random-sleep -d www.site.test';
  const run = (flags: string) => cli.run(`${line} ${flags}`);
  return { cli, dns, run };
}

describe('the look before an order', () => {
  it('spends nothing at the CA on what it is sure to refuse, and says what to do', async () => {
    const { cli, dns, run } = await inTown('@ CAA 0 issue "other.example"');
    const { code, stderr } = await run(`--http --dns.resolvers ${dns}`);
    expect(stderr).toContain('Error: The CA would refuse www.site.test: CAA of site.test');
    expect(stderr).toContain('\n       Order from a listed CA, or add: site.test. CAA 0 issue "ca.test;');
    expect(code).toBe(1);
    expect(cli.ca.stats()).toMatchObject({ orders: 0, authorizations: 0 });
  });

  it('knows the account that CAA asks for, and the challenge', async () => {
    const records = '@ CAA 0 issue "ca.test; accounturi=https://ca.test/acct/other; validationmethods=http-01"';
    const { cli, dns, run } = await inTown(records);
    const { stderr } = await run(`--http --dns.resolvers ${dns}`);
    expect(stderr).toContain('https://ca.test/acct/other');
    expect(cli.ca.stats()).toMatchObject({ accounts: 1, orders: 0 });
  });

  it('finds a name that leads elsewhere', async () => {
    const { cli, dns, run } = await inTown('', '10.99.0.1');
    const { code, stderr } = await run(`--http --dns.resolvers ${dns}`);
    expect(stderr).toContain('www.site.test at 10.99.0.1:80 does not answer in time');
    expect(stderr).toMatch(/Warning|Error: The CA would refuse/);
    expect(code).toBe(1);
    expect(cli.world.elapsed).toBeLessThan(60_000);
  });

  it('says nothing where all is well, whichever challenge comes first', async () => {
    const { dns, run } = await inTown();
    for (const flags of ['--http', '--tls --http --renew-force']) {
      const { code, stderr } = await run(`${flags} --dns.resolvers ${dns}`);
      expect(stderr).not.toContain('Warning');
      expect(code).toBe(0);
    }
  });

  it('warns once of what may go wrong, and tries it', async () => {
    const { cli, dns, run } = await inTown();
    cli.zone.add('www AAAA fd00::99');
    const { stderr } = await run(`--http --dns.resolvers ${dns}`);
    expect(stderr.match(/Warning: www\.site\.test at \[fd00::99\]:80 /g)).toHaveLength(1);
    expect(cli.ca.stats().orders).toBe(1);
  });

  it('leaves out the names that cannot be proved with --allow-partial', async () => {
    const { cli, dns, run } = await inTown('api CAA 0 issue ";"');
    const { code, stdout } = await run(`-d api.site.test --http --allow-partial --dns.resolvers ${dns}`);
    expect(stdout).toMatch(/without {6}api\.site\.test: The CA would refuse api\.site\.test: CAA of api\.site\.test/);
    expect(code).toBe(0);
    expect(cli.ca.stats()).toMatchObject({ orders: 1, certificates: 1 });
  });

  it('is not made with --no-preflight, and not for a CA of a private network', async () => {
    const { cli, dns, run } = await inTown('@ CAA 0 issue "other.example"');
    for (const flags of [`--http --no-preflight --dns.resolvers ${dns}`, '--http']) {
      const { code, stderr } = await run(flags);
      expect(stderr).not.toContain('The CA would refuse');
      expect(code).toBe(1);
    }
    expect(cli.ca.stats().orders).toBe(2);
  });
});
