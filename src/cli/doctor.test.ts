import { describe, expect, it } from 'vitest';
import type { Ports } from '../core/index.ts';
import { SimulatedCli } from './simulated-cli.testing.ts';

interface Town {
  /** Of site.test, beside the address. */
  readonly records?: string;
  /** Of www.site.test. Default: the machine that the doctor runs on. */
  readonly address?: string;
  /** What the CA says of itself. Default: nothing. */
  readonly caaIdentities?: readonly string[];
}

/** A CA, and DNS. */
async function inTown({ records = '', address, ...ca }: Town = {}): Promise<{ cli: SimulatedCli; dns: string }> {
  const cli = new SimulatedCli('doctor');
  await cli.startCa(ca);
  return { cli, dns: await cli.startDns(`www A ${address ?? cli.machine.addresses[0]}\n${records}`) };
}

const caaIdentities = ['ca.test'];

const server = '--server https://ca.test/directory';

describe('everseal doctor', () => {
  it('finds nothing where a certificate can be had', async () => {
    const { cli, dns } = await inTown();
    const { code, stdout, stderr } = await cli.run(`doctor www.site.test --http ${server} --dns.resolvers ${dns}`);
    expect(stderr).toBe('');
    expect(stdout).toBe('www.site.test  +  nothing stands in the way\n');
    expect(code).toBe(0);
  });

  it('names cause and cure of what stands in the way', async () => {
    const { cli, dns } = await inTown({ records: '@ CAA 0 issue "other.example"', caaIdentities });
    const { code, stdout } = await cli.run(`doctor www.site.test ${server} --dns.resolvers ${dns}`);
    expect(code).toBe(1);
    expect(stdout).toContain(
      `www.site.test  x  CAA  CAA of site.test (asked ${dns}) does not allow this CA (ca.test), `,
    );
    expect(stdout).toContain(
      'Order from a listed CA, or add: site.test. CAA 0 issue "ca.test; validationmethods=http-01"',
    );
    expect(stdout).toContain('\nOf 1 name the CA is sure to refuse 1.\n');
  });

  it('compares the account, and writes JSON', async () => {
    const records = '@ CAA 0 issue "ca.test; accounturi=https://ca.test/acct/1"';
    const { cli, dns } = await inTown({ records, caaIdentities });
    const line = `doctor www.site.test site.test ${server} --dns.resolvers ${dns} --account-url https://ca.test/acct/2 --json`;
    const { code, stdout } = await cli.run(line);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      names: [
        { name: 'www.site.test', findings: [{ check: 'caa', severity: 'certain' }] },
        { name: 'site.test', findings: [{ check: 'caa' }, { check: 'address', severity: 'certain' }] },
      ],
    });
  });

  it('sees when the name leads elsewhere', async () => {
    const { cli, dns } = await inTown({ address: '10.77.0.1' });
    const other = await cli.run(`doctor www.site.test --dns.resolvers ${dns} ${server}`);
    expect(other.code).toBe(1);
    expect(other.stdout).toContain('www.site.test at 10.77.0.1:80 does not answer in time.');
  });

  it('looks at what answers where the port is taken', async () => {
    const { cli, dns } = await inTown();
    const serve = async (ports: Ports) => {
      await ports.net.serveHttp({ address: { host: '', port: 80 }, handler: async () => new Response('hello') });
      await new Promise<void>(() => undefined);
    };
    cli.world.boot({ machine: cli.machine, name: 'nginx', main: serve });
    await cli.world.drive(cli.world.sleep(10));
    const { code, stderr } = await cli.run(`doctor www.site.test --dns.resolvers ${dns} ${server}`);
    expect(code).toBe(0);
    expect(stderr).toBe('Warning: Port 80: another program listens there, so whatever answers is taken for right.\n');
  });

  it('looks at wildcards by DNS and at the others by HTTP', async () => {
    const { cli, dns } = await inTown({ records: '_acme-challenge CNAME a\na CNAME _acme-challenge' });
    const { stdout } = await cli.run(`doctor *.site.test www.site.test --dns.resolvers ${dns} ${server} --json`);
    expect(JSON.parse(stdout)).toMatchObject({
      names: [
        { name: '*.site.test', findings: [{ check: 'challenge-name', severity: 'certain' }] },
        { name: 'www.site.test', findings: [] },
      ],
    });
  });

  it('looks at TLS-ALPN-01 on its port', async () => {
    const { cli, dns } = await inTown();
    expect((await cli.run(`doctor www.site.test --tls --dns.resolvers ${dns} ${server}`)).code).toBe(0);
  });

  it('says soon that nothing could be looked up', async () => {
    const cli = new SimulatedCli('offline');
    const before = cli.world.elapsed;
    const { code, stdout } = await cli.run('doctor www.example.com *.example.com --dns.resolvers 10.99.0.1');
    expect(code).toBe(1);
    expect(stdout.match(/No resolver answers \(asked 10\.99\.0\.1\)/g)).toHaveLength(1);
    expect(cli.world.elapsed - before).toBeLessThan(4_000);
  });

  it('leaves private names alone unless a resolver is named', async () => {
    const { cli } = await inTown();
    const { code, stdout } = await cli.run('doctor www.site.test');
    expect(code).toBe(0);
    expect(stdout).toContain('www.site.test  -  name  www.site.test is a name that only private networks know');
  });

  it('reports a CA that does not answer, and goes on', async () => {
    const { cli, dns } = await inTown();
    const { code, stdout, stderr } = await cli.run(
      `doctor www.site.test --server https://www.site.test/directory --dns.resolvers ${dns}`,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: /);
    expect(stdout).toContain('www.site.test  +  nothing stands in the way\n');
  });

  it.each([
    ['doctor', 'No name was given'],
    ['doctor https://www.site.test', "'https://www.site.test' cannot stand in a certificate: it is a URL"],
    ['doctor www.site.test --http.port 0', 'Flag --http.port cannot be 0'],
    ['doctor www.site.test --server x', 'The server "x" is neither a URL nor a known short code'],
    ['doctor *.site.test --dns bogus', 'There is no DNS provider "bogus"'],
    ['doctor www.site.test --dns.resolvers a:b:c', '"a:b:c" is no address of a DNS resolver'],
  ])('%s is refused', async (line, message) => {
    const cli = new SimulatedCli('refused');
    const { code, stderr, stdout } = await cli.run(line);
    expect(stderr).toContain(`Error: ${message}`);
    expect(stdout).toBe('');
    expect(code === 2 || message.includes('certificate')).toBe(true);
  });
});
