import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBind } from './harness/bind.ts';
import { obtainByDns } from './harness/dns-run.ts';
import { certificateFiles } from './harness/everseal.ts';
import { type TemporaryFolder, temporaryFolder } from './harness/folder.ts';
import { rawTextsAt, textsAt } from './harness/name-server.ts';
import { verifyChain } from './harness/openssl.ts';
import { type Pebble, startPebble } from './harness/pebble.ts';
import { type PowerDns, startPowerDns } from './harness/powerdns.ts';
import { Started } from './harness/started.ts';

const address = '127.10.8.1';
const resolver = '127.10.8.53';

describe('everseal and PowerDNS by its API', () => {
  const started = new Started();
  let powerdns: PowerDns;
  let pebble: Pebble;
  let folder: TemporaryFolder;
  beforeAll(async () => {
    const zones = ['power.example', 'signed.example'];
    [powerdns, pebble] = await Promise.all([
      started.keep(startPowerDns(address)),
      started.keep(startPebble('calm', `${resolver}:53`)),
      started.keep(
        startBind({ addresses: [resolver], forwards: Object.fromEntries(zones.map((apex) => [apex, address])) }),
      ),
    ]);
    for (const apex of zones) {
      const soa = `@ SOA ns1.${apex}. hostmaster.${apex}. 1 60 60 86400 1`;
      const records = [soa, `@ NS ns1.${apex}.`, `ns1 A ${address}`];
      await powerdns.createZone({ apex, records }, { dnssec: apex === 'signed.example' });
    }
  });
  afterAll(() => started.stop());
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  const run = (domains: readonly string[], settings: Record<string, string> = {}) =>
    obtainByDns(pebble, {
      path: folder.path,
      resolver,
      domains,
      by: ['--dns', 'pdns'],
      settings: { PDNS_API_URL: powerdns.apiUrl, PDNS_API_KEY: powerdns.apiKey, ...settings },
    });

  it.each([
    ['a zone', 'power.example'],
    ['a zone with DNSSEC', 'signed.example'],
  ])('prove a name and its wildcard in %s, beside the values of somebody else', async (_, apex) => {
    const name = `_acme-challenge.${apex}.`;
    await powerdns.replace(apex, { name, ttl: 777, texts: ['of \\"somebody\\" else; \\\\ \\000\\255', 'another'] });
    const before = await rawTextsAt(address, name);
    expect(before).toHaveLength(2);
    const result = await run([apex, `*.${apex}`]);
    expect(result, result.stderr).toMatchObject({ code: 0 });
    verifyChain(certificateFiles(folder.path, apex).crt, await pebble.rootFile(), `any.${apex}`);
    expect(await rawTextsAt(address, name)).toEqual(before);
  });

  it('prove fifty names in one order, with one read of each RRset and one write in each phase', async () => {
    const before = powerdns.log().length;
    const domains = Array.from({ length: 50 }, (__, at) => `n${at}.power.example`);
    const result = await run(domains);
    expect(result, result.stderr).toMatchObject({ code: 0 });
    expect(result.stderr).not.toMatch(/warn/i);
    for (const name of domains) expect(await textsAt(address, `_acme-challenge.${name}.`)).toEqual([]);
    const calls =
      powerdns
        .log()
        .slice(before)
        .match(/(?:GET|PATCH) \S+\/zones\/power\.example\. /g) ?? [];
    expect(calls.filter((call) => call.startsWith('GET'))).toHaveLength(100);
    expect(calls.filter((call) => call.startsWith('PATCH'))).toHaveLength(2);
  });

  it('say so when the key of the API is wrong', async () => {
    const result = await run(['power.example'], { PDNS_API_KEY: 'not-the-key' });
    expect(result, result.stderr).toMatchObject({ code: 1 });
    expect(result.stderr).toMatch(/401/);
    expect(result.stderr).toContain('Check the credentials for PowerDNS');
    expect(result.stderr).not.toContain('not-the-key');
  });
});
