import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, newMessage } from '../codec/index.ts';
import { ask, send, shown, StillClock } from './questions.testing.ts';
import { DnsServer } from './server.ts';
import { DnsZone } from './zone.ts';

const zone = new DnsZone('example.com', {
  nameServers: { ns1: ['192.0.2.53', '2001:db8::53'], 'ns.elsewhere.test.': [] },
  negativeTtl: 60,
  records: `
    @ MX 10 mail
    mail A 192.0.2.25
    www 300 A 192.0.2.1
    www A 192.0.2.2
    *.wild TXT "from the wildcard"
    below.there.wild A 192.0.2.3
    alias CNAME www
    far CNAME www.example.net.
    away CNAME www.elsewhere.test.
    broken CNAME missing
    one CNAME two
    two CNAME one
    old DNAME new
    host.new A 192.0.2.9
    deep.empty.non.terminal A 192.0.2.4
  `,
});
zone.delegate('sub', { 'ns.sub': ['192.0.2.54'], 'ns.elsewhere.test.': [] });
const other = new DnsZone('example.net', { records: 'www A 198.51.100.1' });
const server = new DnsServer({ ports: { clock: new StillClock() }, zones: [zone, other] });

describe('a server answers', () => {
  it('a type that is there, with authority and the name as it was asked for', async () => {
    const reply = await ask(server, 'WWW.Example.com.', 'A');
    expect(reply).toMatchObject({ response: true, authoritative: true, rcode: 'NOERROR', id: 4711 });
    expect(shown(reply.answers)).toEqual(['WWW.Example.com. 300 A 192.0.2.1', 'WWW.Example.com. 300 A 192.0.2.2']);
    expect(reply.questions[0]?.name).toBe('WWW.Example.com.');
    expect(reply.recursionAvailable).toBe(false);
  });

  it('a missing type with nothing but the SOA, and its negative TTL', async () => {
    const reply = await ask(server, 'www.example.com.', 'TXT');
    expect(reply).toMatchObject({ authoritative: true, rcode: 'NOERROR', answers: [] });
    expect(shown(reply.authorities)).toEqual([`example.com. 60 SOA ${zone.serial}`]);
  });

  it('a missing name with NXDOMAIN and the SOA', async () => {
    const reply = await ask(server, 'nobody.example.com.', 'A');
    expect(reply).toMatchObject({ authoritative: true, rcode: 'NXDOMAIN', answers: [] });
    expect(shown(reply.authorities)).toEqual([`example.com. 60 SOA ${zone.serial}`]);
  });

  it('a name that has only names below it as one that exists', async () => {
    expect(await ask(server, 'non.terminal.example.com.', 'A')).toMatchObject({ rcode: 'NOERROR', answers: [] });
  });

  it('from a wildcard in the name asked for', async () => {
    const reply = await ask(server, 'a.b.wild.example.com.', 'TXT');
    expect(shown(reply.answers)).toEqual(['a.b.wild.example.com. 300 TXT from the wildcard']);
  });

  it.each(['there.wild.example.com.', 'below.there.wild.example.com.', 'x.there.wild.example.com.'])(
    'not from a wildcard for %s, which is or lies below a closer name (RFC 4592 §2.2.1)',
    async (name) => {
      expect(await ask(server, name, 'TXT')).toMatchObject({ answers: [] });
    },
  );

  it('an alias with its chain, also into another zone of its own', async () => {
    const near = await ask(server, 'alias.example.com.', 'A');
    expect(shown(near.answers)[0]).toBe('alias.example.com. 300 CNAME www.example.com.');
    expect(near.answers).toHaveLength(3);
    const far = await ask(server, 'far.example.com.', 'A');
    expect(shown(far.answers)[1]).toBe('www.example.net. 300 A 198.51.100.1');
  });

  it('an alias out of its zones alone', async () => {
    const reply = await ask(server, 'away.example.com.', 'A');
    expect(reply).toMatchObject({ rcode: 'NOERROR', authoritative: true });
    expect(shown(reply.answers)).toEqual(['away.example.com. 300 CNAME www.elsewhere.test.']);
  });

  it('an alias to nowhere with NXDOMAIN, and the alias (RFC 6604)', async () => {
    const reply = await ask(server, 'broken.example.com.', 'A');
    expect(reply).toMatchObject({ rcode: 'NXDOMAIN' });
    expect(reply.answers).toHaveLength(1);
  });

  it('a circle of aliases once around', async () => {
    expect((await ask(server, 'one.example.com.', 'A')).answers).toHaveLength(2);
  });

  it('the alias itself to who asks for it', async () => {
    expect((await ask(server, 'alias.example.com.', 'CNAME')).answers).toHaveLength(1);
  });

  it('below a DNAME with both records (RFC 6672)', async () => {
    const reply = await ask(server, 'host.old.example.com.', 'A');
    expect(shown(reply.answers)).toEqual([
      'old.example.com. 300 DNAME new.example.com.',
      'host.old.example.com. 300 CNAME host.new.example.com.',
      'host.new.example.com. 300 A 192.0.2.9',
    ]);
  });

  it('below a DNAME with YXDOMAIN when the new name is too long', async () => {
    const short = new DnsZone('t', { records: `@ DNAME ${'a'.repeat(63)}.${'b'.repeat(63)}.` });
    const dname = new DnsServer({ ports: { clock: new StillClock() }, zones: [short] });
    const name = (octets: number): string => `${'c'.repeat(octets)}.${'d'.repeat(63)}.t.`;
    expect(await ask(dname, name(61), 'A')).toMatchObject({ rcode: 'NOERROR' });
    expect(await ask(dname, name(62), 'A')).toMatchObject({ rcode: 'YXDOMAIN' });
  });

  it.each(['sub.example.com.', 'www.sub.example.com.', 'ns.sub.example.com.'])(
    'for %s with a referral and glue, without authority',
    async (name) => {
      const reply = await ask(server, name, 'A');
      expect(reply).toMatchObject({ rcode: 'NOERROR', authoritative: false, answers: [] });
      expect(shown(reply.authorities)).toEqual([
        'sub.example.com. 300 NS ns.sub.example.com.',
        'sub.example.com. 300 NS ns.elsewhere.test.',
      ]);
      expect(shown(reply.additionals)).toEqual(['ns.sub.example.com. 300 A 192.0.2.54']);
    },
  );

  it('about a delegation signer by itself (RFC 4035 §3.1.4.1)', async () => {
    expect(await ask(server, 'sub.example.com.', 43)).toMatchObject({ authoritative: true, answers: [] });
  });

  it('from the zone that is closest to the name', async () => {
    const child = new DnsZone('sub.example.com', { records: 'www A 203.0.113.1' });
    const both = new DnsServer({ ports: { clock: new StillClock() }, zones: [zone, child] });
    expect(await ask(both, 'www.sub.example.com.', 'A')).toMatchObject({ authoritative: true, rcode: 'NOERROR' });
    both.unhost('SUB.example.com');
    expect(await ask(both, 'www.sub.example.com.', 'A')).toMatchObject({ authoritative: false });
  });

  it('with the addresses of what MX and NS name', async () => {
    const mail = await ask(server, 'example.com.', 'MX');
    expect(shown(mail.additionals)).toEqual(['mail.example.com. 300 A 192.0.2.25']);
    const servers = await ask(server, 'example.com.', 'NS');
    expect(shown(servers.additionals)).toEqual([
      'ns1.example.com. 300 A 192.0.2.53',
      'ns1.example.com. 300 AAAA 2001:db8::53',
    ]);
  });

  it('ANY with one RRset (RFC 8482)', async () => {
    const reply = await ask(server, 'example.com.', 'ANY');
    expect(new Set(reply.answers.map(({ type }) => type)).size).toBe(1);
  });

  it('EDNS with EDNS', async () => {
    const edns = { udpSize: 4096, dnssecOk: true, options: [{ code: 10, data: new Uint8Array(8) }] };
    expect((await ask(server, 'www.example.com.', 'A', { edns })).edns).toEqual({
      udpSize: 1232,
      dnssecOk: true,
      options: [],
    });
    expect((await ask(server, 'www.example.com.', 'A')).edns).toBeUndefined();
  });
});

describe('a server refuses', () => {
  it.each([
    ['a name outside of its zones', { questions: [{ name: 'www.test.', type: 'A', class: 'IN' }] }, 'REFUSED'],
    ['another class', { questions: [{ name: 'example.com.', type: 'A', class: 'CH' }] }, 'REFUSED'],
    ['a zone transfer', { questions: [{ name: 'example.com.', type: 'AXFR', class: 'IN' }] }, 'REFUSED'],
    ['an opcode that it does not know', { opcode: 'NOTIFY' }, 'NOTIMP'],
    ['a question without a question', {}, 'FORMERR'],
  ] as const)('%s', async (_, message, rcode) => {
    expect(await send(server, message)).toMatchObject({ rcode, response: true, authoritative: false });
  });

  it('what is no message, when it has a header at least', async () => {
    const query = Uint8Array.from([0xab, 0xcd, 1, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0xff]);
    const reply = await server.handler(query, 'udp');
    expect([...(reply ?? [])]).toEqual([0xab, 0xcd, 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('silently what has no header, and replies', async () => {
    expect(await server.handler(new Uint8Array(11), 'udp')).toBeUndefined();
    const reply = newMessage({ response: true, questions: [{ name: 'www.example.com.', type: 'A', class: 'IN' }] });
    await expect(send(server, reply)).rejects.toThrow('silent');
  });
});

describe('a long answer', () => {
  const text = 'x'.repeat(200);
  const long = new DnsZone('example.com', { records: [1, 2, 3, 4].map((n) => `long TXT ${n}${text}`).join('\n') });
  const full = new DnsServer({ ports: { clock: new StillClock() }, zones: [long] });
  const questions = [{ name: 'long.example.com.', type: 'TXT', class: 'IN' }] as const;
  const edns = { udpSize: 1232, dnssecOk: false, options: [] };

  it('is cut by UDP at 512 octets, or at what the client can take', async () => {
    expect(await send(full, { questions })).toMatchObject({ truncated: true, answers: [], questions });
    expect((await send(full, { questions, edns })).answers).toHaveLength(4);
    expect(await send(full, { questions, edns: { ...edns, udpSize: 800 } })).toMatchObject({ truncated: true });
  });

  it('is whole by TCP', async () => {
    expect((await send(full, { questions }, 'tcp')).answers).toHaveLength(4);
  });
});

describe('whatever octets come', () => {
  it('get an answer with their id, or none, and break nothing', async () => {
    const query = encodeMessage(
      newMessage({ id: 4711, questions: [{ name: 'www.example.com.', type: 'A', class: 'IN' }] }),
    );
    const mutated = fc.array(fc.tuple(fc.nat(query.length - 1), fc.nat(255)), { maxLength: 6 }).map((changes) => {
      const copy = Uint8Array.from(query);
      for (const [at, octet] of changes) copy[at] = octet;
      return copy;
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 80 }), mutated), async (octets) => {
        const reply = await server.handler(octets, 'udp');
        if (reply === undefined) return;
        expect([...reply.slice(0, 2)]).toEqual([...octets.slice(0, 2)]);
        expect(decodeMessage(reply).response).toBe(true);
      }),
    );
  });
});
