import { describe, expect, it } from 'vitest';
import type { CaOptions } from '../ca/index.ts';
import { SimulatedCli } from './simulated-cli.testing.ts';

/** A CA that offers dns-persist-01, and DNS. */
async function inTown(options: CaOptions = {}, records = '') {
  const cli = new SimulatedCli('persist');
  const dns = await cli.startDns(records);
  const validation = { resolvers: [{ host: dns, port: 53 }] };
  await cli.startCa({ challenges: ['dns-persist-01'], caaIdentities: ['ca.test'], ...options, validation });
  const common = `-s https://ca.test/directory -m me@site.test --dns.resolvers ${dns}`;
  const persist = (line: string) =>
    cli.run(`persist ${line} ${common}`, { environment: { DNSUPDATE_NAMESERVER: dns } });
  const order = (flags: string) =>
    cli.run(
      `run -s https://ca.test/directory -m me@site.test --no-random-sleep --dns-persist --dns-persist.resolvers ${dns} ${flags}`,
    );
  return { cli, dns, persist, order };
}

const place = '_validation-persist';
const hash = /accounturi=https:\/\/ca\.test\/account-hash\/sha-256\/[\w-]{43}/;

describe('everseal persist', () => {
  it('shows what to create before any order, and the CA accepts it', async () => {
    const { cli, persist, order } = await inTown();
    const { code, stdout, stderr } = await persist('show site.test *.site.test -a');
    expect(stderr).toMatch(/^Registered the account me@site\.test \(.*\)\n$/);
    expect(stdout).toContain(
      'site.test and *.site.test: missing in DNS\n  name   _validation-persist.site.test\n  type   TXT\n  value  ca.test; accounturi=',
    );
    expect(code).toBe(0);
    const [, line = ''] = /For a zone file:\n(.*)\n/.exec(stdout) ?? [];
    expect(line).toMatch(hash);
    cli.zone.add(line);
    expect((await persist('show site.test *.site.test')).stdout).toContain('*.site.test: DNS has it');
    expect((await persist('check site.test *.site.test')).code).toBe(0);
    expect((await order('-d *.site.test')).code).toBe(0);
  });

  it('creates what is missing, once, and leaves other values alone', async () => {
    const { cli, persist, order } = await inTown(
      {},
      `${place} TXT "other.example; accounturi=https://other.example/1"`,
    );
    const apply = 'apply *.site.test www.site.test --dns dnsupdate';
    const first = await persist(`${apply} -a`);
    expect(first.stdout).toContain('site.test and *.site.test: created\n');
    expect(first.code).toBe(0);
    expect(cli.zone.texts(place)).toHaveLength(2);
    const serial = cli.zone.serial;
    const again = await persist(`${apply} --json`);
    expect(JSON.parse(again.stdout)).toMatchObject({
      ok: true,
      account: expect.stringContaining('https://ca.test/'),
      records: [
        { domain: 'site.test', wildcard: true, state: 'present' },
        { domain: 'www.site.test', wildcard: false, state: 'present' },
      ],
    });
    expect(cli.zone.serial).toBe(serial);
    expect((await order('-d *.site.test -d www.site.test')).code).toBe(0);
  });

  it('checks without changing anything, and explains what does not serve', async () => {
    const { cli, persist } = await inTown();
    const nobody = await persist('check site.test');
    expect(nobody).toMatchObject({ code: 1, stdout: '' });
    expect(nobody.stderr).toMatch(/^Error: There is no account me@site\.test for .* yet\n {7}.*everseal persist show/);
    expect(cli.ca.stats().accounts).toBe(0);
    await persist('show site.test -a');
    cli.zone.add(`${place} TXT "ca.test; accounturi=https://ca.test/account/somebody"`);
    const { code, stdout } = await persist('check site.test');
    expect(stdout).toContain('  note   _validation-persist.site.test. has "ca.test; accounturi=');
    expect(stdout).toContain('it names the account by its URL');
    expect(stdout).toContain('\n1 record is not there. Create it, or let everseal persist apply create it.\n');
    expect(code).toBe(1);
  });

  it('tells a name that cannot be looked up from one that has no record', async () => {
    const { cli, dns, persist } = await inTown();
    await persist('show site.test -a');
    const line = 'persist check site.test -s https://ca.test/directory -m me@site.test';
    const { code, stdout } = await cli.run(`${line} --dns.resolvers 10.99.0.1`);
    expect(stdout).toMatch(/site\.test: DNS cannot be asked\n.* {2}note {3}.*10\.99\.0\.1 does not answer/s);
    expect(code).toBe(1);
    expect((await cli.run(`${line} --dns.resolvers ${dns}`)).stdout).toContain('missing in DNS');
  });

  it('follows a CNAME to where the record belongs', async () => {
    const { persist } = await inTown({}, `${place} CNAME shared`);
    const { stdout } = await persist('show site.test -a --every-name');
    expect(stdout).toContain('  name   shared.site.test\n  alias  _validation-persist.site.test leads there\n');
    expect(stdout).toContain('\nshared.site.test. IN TXT "ca.test; ');
  });

  it('makes one record text for all domains with --every-name, and one that ends', async () => {
    const { persist } = await inTown();
    const flags = '--every-name --dns-persist.persist-until 2040-01-01T00:00:00Z --json -a';
    const { records } = JSON.parse((await persist(`show site.test www.site.test ${flags}`)).stdout);
    expect(records[0].value).toMatch(hash);
    expect(records[0].value).toContain('; persistUntil=2208988800');
    expect(records[1].value).toBe(records[0].value);
  });

  it('writes the account’s URL for a CA of an earlier draft', async () => {
    const { persist, order } = await inTown({ persist: ['draft-01'] });
    const { stdout } = await persist('apply site.test --dns dnsupdate -a --json');
    const { account, records } = JSON.parse(stdout);
    expect(records[0].value).toBe(`ca.test; accounturi=${account}`);
    expect((await order('-d site.test')).code).toBe(0);
  });

  it('asks about the terms as run does', async () => {
    const { cli, persist } = await inTown({ termsOfService: 'https://ca.test/terms' });
    const { code, stderr } = await persist('show site.test');
    expect(stderr).toContain('--accept-tos');
    expect(code).toBe(2);
    expect(cli.ca.stats().accounts).toBe(0);
  });

  it.each([
    ['show', 'No name was given'],
    ['show 10.1.2.3', 'A DNS record cannot prove the address 10.1.2.3'],
    ['apply site.test', 'persist apply needs a DNS provider'],
    ['apply site.test --dns nobody', 'There is no DNS provider "nobody"'],
    ['show site.test --dns-persist.persist-until 2020-01-01T00:00:00Z', 'The end 2020-01-01T00:00:00.000Z of'],
    ['show site.test --dns.timeout 0', 'Flag --dns.timeout cannot be 0'],
    ['show site.test --eab', '--eab needs --eab.kid and --eab.hmac'],
  ])('%s is refused before anything is asked', async (line, message) => {
    const { cli, persist } = await inTown();
    const { code, stderr, stdout } = await persist(line);
    expect(stderr).toContain(`Error: ${message}`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(cli.ca.stats().requests.size).toBe(0);
  });

  it('does not name the CA otherwise than it goes', async () => {
    const { persist } = await inTown();
    const { code, stderr } = await persist('show site.test -a --dns-persist.issuer-domain-name x.test');
    expect(stderr).toContain('Error: The CA does not go by the name x.test: it offers ca.test\n');
    expect(code).toBe(1);
  });
});
