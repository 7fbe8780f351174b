import { describe, expect, it } from 'vitest';
import { BatchError, type Environment, Secret } from '../core/index.ts';
import { createResolver, DnsServer, type DnsServerOptions, DnsZone } from '../dns/index.ts';
import { entry } from './dnsupdate.ts';
import './dnsupdate-provider.ts'; // loaded before virtual time begins
import { failureOf, onStage, recordFor, signal, type Stage } from './stage.testing.ts';

const secret = 'c2VjcmV0IHNlY3JldCBzZWNyZXQ=';
const key = { name: 'update.', algorithm: 'hmac-sha256', secret: new Secret(secret) } as const;
const signed: Environment = {
  DNSUPDATE_NAMESERVER: 'ns.example.com',
  DNSUPDATE_TSIG_KEY: 'Update',
  DNSUPDATE_TSIG_SECRET: secret,
  DNSUPDATE_TSIG_ALGORITHM: 'hmac-sha256.',
};
const challenge = '_acme-challenge.example.com.';
const withReceipts = (...records: readonly ReturnType<typeof recordFor>[]) => records.map((record) => ({ record }));

interface Server {
  readonly server: DnsServer;
  readonly zone: DnsZone;
  readonly child: DnsZone;
  readonly net: DnsZone;
}

/** A server with example.com, the zone sub.example.com below it, and example.net. */
async function withServer(
  environment: Environment,
  story: (stage: Stage & Server) => Promise<void>,
  options: Partial<DnsServerOptions> = { keys: [key] },
): Promise<void> {
  const zone = new DnsZone('example.com', { records: '_acme-challenge 3600 TXT foreign' });
  const child = new DnsZone('sub.example.com');
  const net = new DnsZone('example.net');
  zone.delegate('sub.example.com.', { 'ns.example.com.': [] });
  const servers: DnsServer[] = [];
  await onStage(
    {
      entry,
      environment,
      secrets: [secret],
      prepare: (world) => {
        const main = async (ports: Stage['ports']): Promise<void> => {
          const server = new DnsServer({ ports, zones: [zone, child, net], ...options });
          servers.push(server);
          await server.serve(ports.net, { host: '', port: 53 });
          await server.serve(ports.net, { host: '', port: 5353 });
          await new Promise(() => undefined);
        };
        const machine = world.machine({ name: 'ns.example.com', addresses: ['10.0.9.9', 'fd00::9'] });
        world.boot({ machine, name: 'ns', main });
      },
      resolver: (ports) => createResolver({ ports, servers: [{ host: '10.0.9.9', port: 53 }] }),
    },
    async (stage) => {
      await stage.ports.clock.sleep(10);
      const [server] = servers;
      if (server === undefined) throw new Error('the server did not start');
      await story({ ...stage, server, zone, child, net });
    },
  );
}

const updatesOf = ({ updates }: DnsServer) =>
  updates.map(({ zone, added, removed }) => `${zone} +${added.length} -${removed.length}`);

describe('dnsupdate', () => {
  it('makes one update a zone and phase, and leaves foreign values and their TTL alone', async () => {
    const records = [
      recordFor('example.com', 'a'),
      recordFor('example.com', 'b'),
      recordFor('www.example.com', 'c'),
      recordFor('sub.example.com', 'd'),
      recordFor('example.net', 'e'),
    ];
    await withServer(signed, async ({ open, server, zone, child, net }) => {
      const provider = await open();
      expect(await provider.add(records, signal)).toHaveLength(5);
      expect([...zone.texts(challenge)].sort()).toEqual(['a', 'b', 'foreign']);
      expect(zone.list(challenge, 'TXT').map(({ ttl }) => ttl)).toEqual([3600, 3600, 3600]);
      expect(zone.list('_acme-challenge.www.example.com.', 'TXT').map(({ ttl }) => ttl)).toEqual([120]);
      expect(child.texts('_acme-challenge.sub.example.com.')).toEqual(['d']);
      expect(net.texts('_acme-challenge.example.net.')).toEqual(['e']);
      expect(updatesOf(server).sort()).toEqual(['example.com. +3 -0', 'example.net. +1 -0', 'sub.example.com. +1 -0']);
      await (await open()).remove(withReceipts(...records), signal);
      expect(zone.texts(challenge)).toEqual(['foreign']);
      expect(updatesOf(server).slice(3).sort()).toEqual([
        'example.com. +0 -3',
        'example.net. +0 -1',
        'sub.example.com. +0 -1',
      ]);
      expect(server.updates.every((update) => update.key === 'update.')).toBe(true);
    });
  });

  it('may add what is there and remove what is not', async () => {
    await withServer(signed, async ({ open, zone }) => {
      const provider = await open();
      const record = recordFor('example.com', 'a');
      await provider.remove(withReceipts(record), signal);
      await provider.add([record], signal);
      await provider.add([record], signal);
      await provider.remove(withReceipts(record), signal);
      await provider.remove(withReceipts(record), signal);
      expect(zone.texts(challenge)).toEqual(['foreign']);
    });
  });

  it('takes the TTL of the settings for a new name, and the record’s before that', async () => {
    await withServer({ ...signed, DNSUPDATE_TTL: '7' }, async ({ open, net }) => {
      await (await open()).add([recordFor('example.net', 'a'), { ...recordFor('b.example.net', 'b'), ttl: 9 }], signal);
      expect(net.list('_acme-challenge.example.net.', 'TXT')[0]?.ttl).toBe(7);
      expect(net.list('_acme-challenge.b.example.net.', 'TXT')[0]?.ttl).toBe(9);
    });
  });

  it.each(['10.0.9.9', '10.0.9.9:53', '[fd00::9]:53', 'fd00::9', 'ns.example.com:5353'])(
    'finds the server at %s',
    async (nameserver) => {
      await withServer({ ...signed, DNSUPDATE_NAMESERVER: nameserver }, async ({ open, zone }) => {
        await (await open()).add([recordFor('example.com', 'a')], signal);
        expect(zone.texts(challenge)).toContain('a');
      });
    },
  );

  it('reads the older names of its variables', async () => {
    const older = Object.entries({ ...signed, DNSUPDATE_TIMEOUT: '33', DNSUPDATE_POLLING_INTERVAL: '3' });
    const environment = Object.fromEntries(
      older.map(([name, value]) => [name.replace('DNSUPDATE_', 'RFC2136_'), value]),
    );
    await withServer(environment, async ({ open, zone }) => {
      const provider = await open();
      await provider.add([recordFor('example.com', 'a')], signal);
      expect(zone.texts(challenge)).toContain('a');
      expect(provider.timing).toEqual({ timeoutMs: 33_000, intervalMs: 3000 });
    });
  });

  it('does not pause between names, whatever DNSUPDATE_SEQUENCE_INTERVAL says', async () => {
    await withServer({ ...signed, DNSUPDATE_SEQUENCE_INTERVAL: '60' }, async ({ open, ports }) => {
      const before = ports.clock.monotonic();
      await (await open()).add([recordFor('example.com', 'a'), recordFor('www.example.com', 'b')], signal);
      expect(ports.clock.monotonic() - before).toBeLessThan(1000);
    });
  });

  it('needs no lock, since an update adds and removes single values', async () => {
    await withServer(signed, async ({ open }) => {
      expect((await open()).locks([recordFor('example.com', 'a')])).toEqual([]);
    });
  });
});

describe('the zones of dnsupdate', () => {
  it('are those of DNSUPDATE_ZONES, the longest that fits, and nobody is asked', async () => {
    const environment = { ...signed, DNSUPDATE_ZONES: 'example.com, Sub.example.com.,example.net' };
    await withServer(environment, async ({ open, server, child }) => {
      const record = recordFor('sub.example.com', 'd');
      await (await open()).add([record], signal);
      expect(child.texts(record.name)).toEqual(['d']);
      expect(server.queries.filter(({ opcode, type }) => opcode === 'QUERY' && type === 'SOA')).toEqual([]);
    });
  });

  it('must hold the name', async () => {
    await withServer({ ...signed, DNSUPDATE_ZONES: 'ample.com' }, async ({ open, server }) => {
      const adding = (await open()).add([recordFor('example.com', 'a')], signal);
      expect(await failureOf(adding)).toMatchObject({
        code: 'usage',
        message: `dnsupdate: ${challenge} is in none of the zones ample.com.`,
      });
      expect(server.updates).toEqual([]);
    });
  });

  it('are the record’s when it names one', async () => {
    await withServer(signed, async ({ open, server }) => {
      await (await open()).add([recordFor('example.com', 'a', 'example.com.')], signal);
      expect(server.queries.filter(({ opcode, type }) => opcode === 'QUERY' && type === 'SOA')).toEqual([]);
    });
  });

  it('are asked of the resolvers when the server does not want to answer', async () => {
    await withServer(signed, async ({ open, server, zone }) => {
      const asked: string[] = [];
      server.faults = {
        rcode: ({ opcode, type, name }) => {
          if (opcode !== 'QUERY' || type !== 'SOA') return undefined;
          return asked.push(name) === 1 ? 'REFUSED' : undefined;
        },
      };
      await (await open()).add([recordFor('example.com', 'a')], signal);
      expect(asked.length).toBeGreaterThan(1);
      expect(zone.texts(challenge)).toContain('a');
    });
  });

  it('must exist', async () => {
    await withServer(signed, async ({ open, server }) => {
      const failure = await failureOf((await open()).add([recordFor('example.org', 'a')], signal));
      expect(failure).toBeInstanceOf(BatchError);
      expect(failure).toMatchObject({ message: expect.stringContaining('example.org') });
      expect(server.updates).toEqual([]);
    });
  });
});

describe('a failing update', () => {
  it('of one zone does not keep the others from being made, and names its records', async () => {
    const policy: DnsServerOptions['policy'] = ({ zone }) => (zone === 'example.net.' ? 'REFUSED' : undefined);
    await withServer(
      signed,
      async ({ open, zone }) => {
        const provider = await open();
        const records = [recordFor('example.com', 'a'), recordFor('example.net', 'b'), recordFor('x.example.net', 'c')];
        const failure = await failureOf(provider.add(records, signal));
        expect(failure).toMatchObject({
          code: 'dns-refused',
          message: expect.stringContaining('REFUSED'),
          failures: [{ index: 1 }, { index: 2 }],
        });
        expect(zone.texts(challenge)).toContain('a');
        await failureOf(provider.remove(withReceipts(...records), signal));
        expect(zone.texts(challenge)).toEqual(['foreign']);
      },
      { keys: [key], policy },
    );
  });

  it.each([
    ['DNSUPDATE_TSIG_KEY', 'other', 'BADKEY'],
    ['DNSUPDATE_TSIG_SECRET', 'b3RoZXI=', 'BADSIG'],
  ])('for a wrong %s says so', async (variable, value, said) => {
    await withServer({ ...signed, [variable]: value }, async ({ open }) => {
      const failure = await failureOf((await open()).add([recordFor('example.com', 'a')], signal));
      expect(failure).toMatchObject({ code: 'dns-refused', message: expect.stringContaining(said) });
      expect(String(failure)).not.toContain(value === 'other' ? secret : value);
    });
  });

  it('for clocks that are apart says so', async () => {
    await withServer(signed, async ({ open, machine }) => {
      machine.jumpClock(3_600_000);
      const failure = await failureOf((await open()).add([recordFor('example.com', 'a')], signal));
      expect(failure).toMatchObject({ code: 'dns-refused', message: expect.stringContaining('BADTIME') });
    });
  });

  it('for a server that is away ends within DNSUPDATE_DNS_TIMEOUT', async () => {
    await withServer({ ...signed, DNSUPDATE_DNS_TIMEOUT: '2' }, async ({ open, server, ports }) => {
      server.faults = { drop: () => true };
      const before = ports.clock.monotonic();
      const failure = await failureOf((await open()).add([recordFor('example.com', 'a')], signal));
      expect(failure).toMatchObject({ code: 'timeout', message: expect.stringContaining('ns.example.com') });
      expect(ports.clock.monotonic() - before).toBeLessThan(6000);
    });
  });

  it('stops with the signal', async () => {
    await withServer(signed, async ({ open, server, ports }) => {
      server.faults = { drop: () => true };
      const giveUp = new AbortController();
      const adding = failureOf((await open()).add([recordFor('example.com', 'a')], giveUp.signal));
      await ports.clock.sleep(100);
      giveUp.abort(new Error('Ctrl-C'));
      expect(await adding).toMatchObject({ message: 'Ctrl-C' });
    });
  });
});

describe('the key of dnsupdate', () => {
  const keyFile = `key "update" {\n  algorithm hmac-sha256;\n  secret "${secret}";\n};\n`;

  it.each(['/etc/update.key', 'update.key'])('comes from the file %s', async (path) => {
    const environment = {
      DNSUPDATE_NAMESERVER: 'ns.example.com',
      DNSUPDATE_TSIG_FILE: path,
      DNSUPDATE_TSIG_KEY: 'not-this',
      DNSUPDATE_TSIG_SECRET: 'bm90IHRoaXM=',
    };
    await withServer(environment, async ({ open, ports, server }) => {
      await ports.fs.createFolder('/etc', 0o755);
      await ports.fs.createFolder('/srv', 0o755);
      await ports.fs.write(path.startsWith('/') ? path : `/srv/${path}`, Buffer.from(keyFile), { mode: 0o600 });
      await (await open()).add([recordFor('example.com', 'a')], signal);
      expect(server.updates[0]?.key).toBe('update.');
    });
  });

  it('is not needed', async () => {
    await withServer(
      { DNSUPDATE_NAMESERVER: 'ns.example.com' },
      async ({ open, zone }) => {
        await (await open()).add([recordFor('example.com', 'a')], signal);
        expect(zone.texts(challenge)).toContain('a');
      },
      {},
    );
  });

  it('is none, with a warning, when only half of it is set', async () => {
    await withServer(
      { DNSUPDATE_NAMESERVER: 'ns.example.com', DNSUPDATE_TSIG_KEY: 'update' },
      async ({ open, events, server }) => {
        await (await open()).add([recordFor('example.com', 'a')], signal);
        expect(server.updates[0]?.key).toBeUndefined();
        expect(events).toEqual([
          { type: 'warning', message: 'dnsupdate: DNSUPDATE_TSIG_SECRET is not set, so updates are not signed' },
        ]);
      },
      {},
    );
  });

  it('is signed with hmac-sha1 unless said otherwise', async () => {
    const { DNSUPDATE_TSIG_ALGORITHM: _, ...rest } = signed;
    await withServer(
      rest,
      async ({ open, server }) => {
        await (await open()).add([recordFor('example.com', 'a')], signal);
        expect(server.updates).toHaveLength(1);
      },
      { keys: [{ ...key, algorithm: 'hmac-sha1' }] },
    );
  });

  it.each<[string, Environment, RegExp]>([
    ['no server', { DNSUPDATE_NAMESERVER: undefined }, /DNSUPDATE_NAMESERVER/],
    ['no address', { DNSUPDATE_NAMESERVER: 'ns example' }, /DNSUPDATE_NAMESERVER.*"ns example"/],
    ['a bad port', { DNSUPDATE_NAMESERVER: 'ns.example:99999' }, /DNSUPDATE_NAMESERVER/],
    ['an unknown algorithm', { DNSUPDATE_TSIG_ALGORITHM: 'sha256' }, /DNSUPDATE_TSIG_ALGORITHM.*"sha256"/],
    ['a secret that is not base64', { DNSUPDATE_TSIG_SECRET: 'not base64!' }, /DNSUPDATE_TSIG_SECRET is not base64/],
    ['a bad key name', { DNSUPDATE_TSIG_KEY: 'a..b' }, /DNSUPDATE_TSIG_KEY/],
    ['a bad zone', { DNSUPDATE_ZONES: 'a..b' }, /DNSUPDATE_ZONES/],
    ['a missing key file', { DNSUPDATE_TSIG_FILE: '/nowhere' }, /DNSUPDATE_TSIG_FILE \/nowhere/],
    ['GSS-TSIG', { DNSUPDATE_TSIG_ALGORITHM: 'gss-tsig.' }, /gss-tsig.*Kerberos/],
    ['a Kerberos user', { DNSUPDATE_TSIG_GSS_USERNAME: 'me' }, /DNSUPDATE_TSIG_GSS_USERNAME.*Kerberos/],
    ['a Kerberos user of old', { RFC2136_TSIG_GSS_USERNAME: 'me' }, /Kerberos/],
    ['a keytab by its third name', { DNSUPDATE_RFC3645_KEYTAB_FILE: '/k' }, /Kerberos/],
  ])('and the other settings are checked: %s', async (_, environment, message) => {
    await withServer({ ...signed, ...environment }, async ({ open, server }) => {
      const failure = await failureOf(open());
      expect(failure).toMatchObject({ code: 'usage', message: expect.stringMatching(message) });
      expect(String(failure)).not.toContain('not base64!');
      expect(server.queries).toEqual([]);
    });
  });
});
