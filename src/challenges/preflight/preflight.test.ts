import { describe, expect, it } from 'vitest';
import { createResolver, DnsServer, DnsZone } from '../../dns/index.ts';
import { nodePorts } from '../../node/index.ts';
import { preflight, type PreflightOptions } from './preflight.ts';
import { look, type Looking, probe, rightAnswer, web4, web6 } from './preflight-world.testing.ts';

const both = `www A ${web4}\nwww AAAA ${web6}`;
const good = { records: both, http: { ':80': rightAnswer } };
const dns: Looking = { methods: ['dns-01'] };

describe('a preflight', () => {
  it('finds nothing where all is well', async () => {
    expect((await look(good)).lines).toEqual([]);
    expect((await look({ records: both }, { ...dns, names: ['*.shop.com', 'shop.com'] })).lines).toEqual([]);
  });

  it('looks at all names at once', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `w${index}.shop.com`);
    const records = names.map((name) => `${name}. A ${web4}`).join('\n');
    const { lines, elapsedMs } = await look({ records, http: { ':80': rightAnswer } }, { names });
    expect(lines).toEqual([]);
    expect(elapsedMs).toBeLessThan(500);
  });

  it('says nothing of names while no resolver answers, and soon', async () => {
    const { findings, lines, elapsedMs } = await look(
      { ...good, resolverFaults: { drop: () => true } },
      { ...dns, names: ['www.shop.com', 'shop.com'] },
    );
    expect(lines).toEqual([
      'note resolver: No resolver answers (asked 9.9.9.9), so nothing about the names could be looked up.',
    ]);
    expect(findings[0]?.identifier).toBeUndefined();
    expect(elapsedMs).toBeLessThanOrEqual(3_100);
  });

  it('ends in time', async () => {
    const slow = { records: 'www A 9.77.77.77', http: {} };
    const { lines, elapsedMs } = await look(slow, { timeoutMs: 1_000 });
    expect(elapsedMs).toBeLessThanOrEqual(1_010);
    expect(lines).toEqual(['likely http: www.shop.com at 9.77.77.77:80 does not answer in time.']);
    const late = await look(
      { ...good, resolverFaults: { delayMs: ({ type }) => (type === 'A' ? 9_000 : 0) } },
      { timeoutMs: 2_000 },
    );
    expect(late.lines.every((line) => line.startsWith('note time: Not all could be looked at: '))).toBe(true);
    expect(late.lines.length).toBeGreaterThan(0);
    expect(late.elapsedMs).toBeLessThanOrEqual(2_010);
  });

  it('leaves private names alone unless it is asked', async () => {
    const names = ['www.corp.internal', 'intranet', 'a.test'];
    const { lines } = await look(good, { names });
    expect(lines).toEqual(
      names.map((name) => `note name: ${name} is a name that only private networks know, so nothing was looked at.`),
    );
    const asked = await look(good, { names: ['a.test'], specialUse: 'check' });
    expect(asked.lines[0]).toMatch(
      /^certain address: a\.test has no address to visit \(AAAA: NXDOMAIN from 9\.9\.9\.9 and A: /,
    );
  });

  it('knows which challenges fit', async () => {
    expect((await look(good, { names: ['*.shop.com'] })).lines).toEqual([
      'certain method: The wildcard *.shop.com can be proved by DNS alone, and only http-01 is configured.',
    ]);
    expect((await look(good, { ...dns, names: [web4] })).lines[0]).toMatch(
      /^certain method: The address 9\.1\.1\.1 can be/,
    );
  });

  it('looks at addresses, too', async () => {
    expect((await look(good, { names: [web4, web6] })).lines).toEqual([]);
    expect((await look(good, { names: ['9.77.77.77', '10.1.2.3'] })).lines).toEqual([
      'likely http: 9.77.77.77 at 9.77.77.77:80 does not answer in time.',
      'likely address: The address 10.1.2.3 is private, and no public CA issues for it.',
      'likely http: 10.1.2.3 at 10.1.2.3:80 does not answer in time.',
    ]);
  });
});

it('ends when it is told to', async () => {
  const abort = new AbortController();
  abort.abort(new RangeError('enough'));
  const ports = nodePorts();
  const resolver = createResolver({ ports, servers: [{ host: '127.0.0.1', port: 9 }] });
  await expect(preflight({ ports, resolver, names: [], methods: [] }, abort.signal)).rejects.toThrow('enough');
});

it('finds its way on a real machine', async () => {
  const ports = nodePorts();
  const zone = new DnsZone('site.test', { records: '@ A 127.0.0.1\n@ AAAA ::1\n@ CAA 0 issue "ca.test"' });
  const dnsServer = await new DnsServer({ ports, zones: [zone] }).serve(ports.net, { host: '127.0.0.1', port: 0 });
  const web = await ports.net.serveHttp({ address: { host: '127.0.0.1', port: 0 }, handler: rightAnswer });
  const resolver = createResolver({ ports, servers: dnsServer.addresses, timeoutMs: 1_000 });
  const options: PreflightOptions = {
    ports,
    resolver,
    names: [{ identifier: { type: 'dns', value: 'site.test' }, wildcard: false }],
    methods: ['http-01'],
    ca: { caaIdentities: ['ca.test'] },
    http: { port: web.addresses[0]?.port ?? 0, probe },
    specialUse: 'check',
    caNetwork: 'private',
    timeoutMs: 5_000,
  };
  const findings = await preflight(options, new AbortController().signal);
  await Promise.all([web.close(), dnsServer.close()]);
  const told = findings.filter(({ check }) => check !== 'delegation').map(({ cause }) => cause);
  expect(told).toEqual([
    expect.stringMatching(/^site\.test at \[::1\]:\d+ refuses connections, while 127\.0\.0\.1:\d+ is as/),
  ]);
});

describe('CAA', () => {
  const ca = { caaIdentities: ['ca.example'], accountUrl: 'https://ca.example/acct/7' };
  const caa = (text: string) => ({ ...good, records: `${both}\n${text}` });

  it('of an ancestor forbids', async () => {
    const { findings } = await look(caa('@ CAA 0 issue "other.example"'), { ca });
    expect(findings).toEqual([
      {
        identifier: { type: 'dns', value: 'www.shop.com' },
        wildcard: false,
        check: 'caa',
        severity: 'certain',
        cause:
          'CAA of shop.com (asked 9.9.9.9) does not allow this CA (ca.example), only what it lists: 0 issue "other.example".',
        cure: 'Order from a listed CA, or add: shop.com. CAA 0 issue "ca.example; accounturi=https://ca.example/acct/7; validationmethods=http-01"',
      },
    ]);
  });

  it.each([
    ['@ CAA 0 issue ";"', 'certain caa: CAA of shop.com (asked 9.9.9.9) forbids every CA: 0 issue ";".'],
    ['@ CAA 128 tbs "x"', 'certain caa: CAA of shop.com (asked 9.9.9.9) has 128 tbs "x", critical and of a kind'],
    ['@ CAA 0 issue ";"\nwww CAA 0 issue "ca.example"', undefined],
    [
      'www CAA 0 issue "ca.example; accounturi=https://ca.example/acct/8"',
      'certain caa: CAA of www.shop.com (asked 9.9.9.9) does not allow the account https://ca.example/acct/7: ',
    ],
    ['www CAA 0 issue "ca.example; accounturi=https://old.example/reg/7"', 'likely caa: CAA of www.shop.com'],
    [
      'www CAA 0 issue "ca.example; validationmethods=dns-01"',
      'certain caa: CAA of www.shop.com (asked 9.9.9.9) allows none of http-01: ',
    ],
    ['www CAA 0 issue "ca.example; validationmethods=http-01"', undefined],
  ])('%j', async (records, expected) => {
    const { lines } = await look(caa(records), { ca });
    if (expected === undefined) expect(lines).toEqual([]);
    else expect(lines).toEqual([expect.stringContaining(expected)]);
  });

  it('at the end of a CNAME is the name’s', async () => {
    const records = `www CNAME web\nweb A ${web4}\nweb CAA 0 issue ";"`;
    expect((await look({ ...good, records }, { ca })).lines).toEqual([
      expect.stringContaining('certain caa: CAA of www.shop.com (asked 9.9.9.9) forbids every CA'),
    ]);
  });

  it('may allow one configured challenge only', async () => {
    const { findings } = await look(caa('@ CAA 0 issue "ca.example; validationmethods=dns-01"'), {
      ca,
      methods: ['http-01', 'dns-01'],
    });
    expect(findings).toMatchObject([{ check: 'caa', severity: 'likely', method: 'http-01' }]);
  });

  it('that restricts nothing gets advice', async () => {
    const { findings } = await look(good, { ca });
    expect(findings).toMatchObject([
      {
        severity: 'note',
        cure: 'To leave it to this CA, add: www.shop.com. CAA 0 issue "ca.example; accounturi=https://ca.example/acct/7; validationmethods=http-01"',
      },
    ]);
  });

  it('is told where the CA or the account are not known', async () => {
    expect((await look(caa('@ CAA 0 issue "other.example"'))).lines).toEqual([
      'note caa: CAA of shop.com (asked 9.9.9.9) lets only other.example issue.',
    ]);
    const account = caa('@ CAA 0 issue "ca.example; accounturi=https://ca.example/acct/1"');
    expect((await look(account, { ca: { caaIdentities: ['ca.example'] } })).lines).toEqual([
      'note caa: CAA of shop.com (asked 9.9.9.9) allows only the account https://ca.example/acct/1.',
    ]);
  });

  it('that the domain’s own servers refuse to tell is a refusal', async () => {
    const refusing = { rcode: ({ type }: { type: unknown }) => (type === 'CAA' ? ('NOTIMP' as const) : undefined) };
    const { lines } = await look({ ...good, faults: [refusing, refusing] }, { ca });
    expect(lines).toEqual([
      'certain caa: CAA of www.shop.com cannot be read: ns1.shop.com (9.0.0.3) says NOTIMP and ns2.shop.com (9.0.0.4) says NOTIMP.',
    ]);
  });

  it('that only the resolver refuses points to DNSSEC', async () => {
    const resolverFaults = {
      rcode: ({ type }: { type: unknown }) => (type === 'CAA' ? ('SERVFAIL' as const) : undefined),
    };
    const { lines } = await look({ ...good, resolverFaults }, { ca });
    expect(lines).toEqual([
      expect.stringMatching(/^likely dnssec: CAA of www\.shop\.com cannot be read by the resolver, .*SERVFAIL/),
    ]);
  });
});

describe('addresses', () => {
  it('must exist', async () => {
    expect((await look({ ...good, records: 'www TXT x' })).lines).toEqual([
      'certain address: www.shop.com has no address to visit (AAAA: no record from 9.9.9.9 and A: no record from 9.9.9.9).',
    ]);
    expect((await look({ ...good, records: '' })).lines).toEqual([
      'certain address: www.shop.com has no address to visit (AAAA: NXDOMAIN from 9.9.9.9 and A: NXDOMAIN from 9.9.9.9).',
    ]);
  });

  it('that cannot be looked up are no certain failure', async () => {
    const rcode = ({ type }: { type: unknown }) =>
      type === 'A' || type === 'AAAA' ? ('SERVFAIL' as const) : undefined;
    const { lines } = await look({ ...good, resolverFaults: { rcode } });
    expect(lines.filter((line) => !line.includes(' delegation: '))).toEqual([
      expect.stringMatching(
        /^likely address: www\.shop\.com has no address to visit \(AAAA: .*SERVFAIL and A: .*SERVFAIL\)\.$/,
      ),
    ]);
  });

  it('are needed for nothing when the name is proved by DNS', async () => {
    expect((await look({ records: '' }, dns)).lines).toEqual([]);
    expect((await look({ records: '' }, { methods: ['http-01', 'dns-01'] })).lines).toEqual([
      expect.stringMatching(/^likely address: /),
    ]);
  });

  it('of a family that leads elsewhere are named', async () => {
    const http = { [`${web4}:80`]: rightAnswer, [`[${web6}]:80`]: async () => new Response('welcome') };
    expect((await look({ records: both, http })).findings).toMatchObject([
      {
        check: 'address',
        severity: 'likely',
        cause: `www.shop.com at [${web6}]:80 answers "welcome" at http://www.shop.com/.well-known/acme-challenge/a-token instead of what is served here, while ${web4}:80 is as it should be.`,
        cure: 'Let the server answer over IPv6 as well, or remove the AAAA record: CAs go there first.',
      },
    ]);
    expect((await look({ records: both, http: { [`${web4}:80`]: rightAnswer } })).lines).toEqual([
      `likely address: www.shop.com at [${web6}]:80 refuses connections, while ${web4}:80 is as it should be.`,
    ]);
    const other = { [`${web4}:80`]: rightAnswer, [`[${web6}]:80`]: async () => new Response('welcome') };
    expect((await look({ records: both, http: other }, { http: {} })).lines).toEqual([
      expect.stringMatching(/^likely address: .* answers with status \d+, not \d+ as others/),
    ]);
  });

  it('that no CA can visit are named', async () => {
    const { lines } = await look({ ...good, records: 'www A 192.168.1.4\nwww AAAA fd00::4' }, { timeoutMs: 1_000 });
    expect(lines[0]).toBe(
      'likely address: www.shop.com leads to fd00::4 (private) and 192.168.1.4 (private), where a public CA cannot go.',
    );
    const inside = await look({ ...good, records: 'www A 192.168.1.4' }, { timeoutMs: 1_000, caNetwork: 'private' });
    expect(inside.lines).toEqual(['likely http: www.shop.com at 192.168.1.4:80 does not answer in time.']);
  });

  it('may be given by the caller', async () => {
    expect((await look({ http: { ':80': rightAnswer } }, { hosts: { 'www.shop.com': web4 } })).lines).toEqual([]);
  });
});

describe('port 80', () => {
  it('must be open and answer right', async () => {
    expect((await look({ records: both })).lines).toEqual([
      `likely http: www.shop.com at [${web6}]:80 refuses connections and ${web4}:80 refuses connections.`,
    ]);
    expect(
      (await look({ records: both, http: { ':80': async () => new Response('no', { status: 403 }) } })).lines[0],
    ).toContain('answers status 403 at');
  });

  it('may be another one in tests', async () => {
    expect(
      (await look({ records: both, http: { ':5002': rightAnswer } }, { http: { port: 5002, probe } })).lines,
    ).toEqual([]);
  });

  const redirecting = (location: (path: string) => string, status = 302) => ({
    records: both,
    http: {
      ':80': async (request: Request) =>
        new Response(null, { status, headers: { location: location(new URL(request.url).pathname) } }),
    },
  });

  it.each([
    [
      'another port',
      (path: string) => `http://www.shop.com:8080${path}`,
      /^certain redirect: www\.shop\.com at \[2a00::1\]:80 and 9\.1\.1\.1:80 answers with a redirect from \S+ to http:\/\/www\.shop\.com:8080\S+, and CAs visit no port but 80 and 443\.$/,
    ],
    ['another scheme', (path: string) => `ftp://www.shop.com${path}`, /^certain redirect: .* which is not HTTP\.$/],
    ['itself', (path: string) => path, /^certain redirect: .* which is a loop\.$/],
    ['nowhere', () => 'http://[', /^likely redirect: .* which is no URL\.$/],
    [
      'more and more',
      (path: string) => `${path}x`,
      /^certain redirect: .* more than 10 redirects, the last a redirect/,
    ],
    ['the login page of a router', () => 'https://www.shop.com:8443/login', /^likely redirect: .*8443/],
    [
      'a name without address',
      (path: string) => `http://gone.shop.com${path}`,
      /^likely http: .* redirects to http:\/\/gone\.shop\.com\S+, which has no address/,
    ],
  ])('must not redirect to %s', async (_, location, expected) => {
    expect((await look(redirecting(location))).lines).toEqual([expect.stringMatching(expected)]);
  });

  it('may redirect to another host', async () => {
    const records = `${both}\nother A ${web4}`;
    const handler = async (request: Request) => {
      const { hostname, pathname } = new URL(request.url);
      return hostname === 'www.shop.com'
        ? new Response(null, { status: 301, headers: { location: `http://other.shop.com${pathname}` } })
        : rightAnswer(request);
    };
    expect((await look({ records, http: { ':80': handler } })).lines).toEqual([]);
  });
});

describe('tls-alpn-01', () => {
  const tls: Looking = { methods: ['tls-alpn-01'] };

  it('needs its port', async () => {
    expect((await look({ records: both, tls: { ':443': () => undefined } }, tls)).lines).toEqual([]);
    expect((await look({ records: both, tls: { [`${web4}:443`]: () => undefined } }, tls)).lines).toEqual([
      `likely address: www.shop.com at [${web6}]:443 refuses connections, while ${web4}:443 is as it should be.`,
    ]);
    expect((await look({ records: both }, tls)).lines).toEqual([
      `likely tls: www.shop.com at [${web6}]:443 refuses connections and ${web4}:443 refuses connections.`,
    ]);
  });
});

describe('name servers', () => {
  it.each([
    ['refused', 'REFUSED'],
    ['servfail', 'SERVFAIL'],
    ['not-authoritative', 'an answer without authority'],
  ] as const)('that are lame (%s) are named', async (lame, text) => {
    const { findings, lines } = await look({ records: both, lame: [undefined, lame] }, dns);
    expect(lines).toEqual([
      `likely delegation: Of the 2 name servers of shop.com not all answer for it: ns2.shop.com (9.0.0.4: ${text}).`,
    ]);
    expect(findings[0]?.cure).toBe('Mend that name server, or take it out of the delegation.');
  });

  it('that are silent are named', async () => {
    const { lines } = await look({ records: both, faults: [{}, { drop: () => true }] }, dns);
    expect(lines).toEqual([
      'likely delegation: Of the 2 name servers of shop.com not all answer for it: ns2.shop.com (9.0.0.4: no answer).',
    ]);
  });

  it('matter less to who is visited', async () => {
    expect((await look({ ...good, lame: [undefined, 'refused'] })).lines).toEqual([
      expect.stringMatching(/^note delegation: /),
    ]);
  });

  it('that are all lame stop everything', async () => {
    expect((await look({ ...good, lame: ['refused', 'servfail'] }, { methods: ['http-01', 'dns-01'] })).lines).toEqual([
      'certain delegation: No name server of shop.com answers for it: ns1.shop.com (9.0.0.3: REFUSED) and ns2.shop.com (9.0.0.4: SERVFAIL).',
    ]);
  });

  it('that are all silent may be so only from here', async () => {
    const { lines } = await look({ records: both, faults: [{ drop: () => true }, { drop: () => true }] }, dns);
    expect(lines).toContain(
      'likely delegation: From here no name server of shop.com answers: ns1.shop.com (9.0.0.3: no answer) and ns2.shop.com (9.0.0.4: no answer).',
    );
  });

  it('of a domain that nobody registered are none', async () => {
    const { lines } = await look({}, { ...dns, names: ['www.nobody.com'] });
    expect(lines).toEqual(['certain delegation: The domain nobody.com does not exist (asked 9.9.9.9: NXDOMAIN).']);
  });
});

describe('the name of the TXT record', () => {
  it('may be an alias', async () => {
    expect(
      (await look({ records: '_acme-challenge CNAME proof\nproof TXT x' }, { ...dns, names: ['shop.com'] })).lines,
    ).toEqual([]);
    expect((await look({ records: '_acme-challenge CNAME notyet' }, { ...dns, names: ['shop.com'] })).lines).toEqual(
      [],
    );
  });

  it('must not be one that dangles', async () => {
    const { lines } = await look({ records: '_acme-challenge CNAME x.nobody.com.' }, { ...dns, names: ['*.shop.com'] });
    expect(lines).toEqual([
      'certain challenge-name: _acme-challenge.shop.com is a CNAME to x.nobody.com, which leads nowhere good: The domain nobody.com does not exist (asked 9.9.9.9: NXDOMAIN).',
    ]);
  });

  it('must be one that can be looked up', async () => {
    const records = '_acme-challenge CNAME proof.lame\nlame NS ns1';
    const { findings } = await look({ records }, { ...dns, names: ['shop.com'] });
    expect(findings).toEqual([
      expect.objectContaining({
        check: 'challenge-name',
        severity: 'likely',
        cause: expect.stringMatching(/^Where _acme-challenge\.shop\.com leads cannot be looked up: .*SERVFAIL/),
        cure: 'Mend the name servers of the domain: the CA asks them as well.',
      }),
    ]);
  });

  it('must not run in a circle', async () => {
    const records = '_acme-challenge CNAME a\na CNAME _acme-challenge';
    const { lines } = await look({ records }, { ...dns, names: ['shop.com'] });
    expect(lines).toEqual([
      expect.stringMatching(
        /^certain challenge-name: The CNAME chain of _acme-challenge\.shop\.com cannot be followed: /,
      ),
    ]);
    const both2 = await look(
      { ...good, records: `${both}\n@ A ${web4}\n${records}` },
      { methods: ['dns-01', 'http-01'], names: ['shop.com'] },
    );
    expect(both2.lines).toEqual([expect.stringMatching(/^likely challenge-name: /)]);
  });
});
