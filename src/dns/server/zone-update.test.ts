import { describe, expect, it } from 'vitest';
import type { RecordClass, ResourceRecord } from '../message.ts';
import { records, send, shown, StillClock } from './questions.testing.ts';
import { codeOf, codes } from './rrset.ts';
import { DnsServer, type DnsServerOptions } from './server.ts';
import type { ServedZone } from './served-zone.ts';
import { DnsZone } from './zone.ts';

interface Change {
  readonly prerequisites?: readonly ResourceRecord[];
  readonly updates?: readonly ResourceRecord[];
  readonly zone?: string;
}

function town(served: Partial<ServedZone> = {}, options: Partial<DnsServerOptions> = {}) {
  const zone = new DnsZone('example.com', {
    records: 'www 600 A 192.0.2.1\n_acme-challenge 120 TXT "foreign"\nalias CNAME www',
  });
  const server = new DnsServer({ ports: { clock: new StillClock() }, zones: [{ zone, ...served }], ...options });
  const update = async (change: Change): Promise<string> => {
    const { rcode } = await send(server, {
      opcode: 'UPDATE',
      questions: [{ name: change.zone ?? 'Example.COM.', type: 'SOA', class: 'IN' }],
      answers: change.prerequisites ?? [],
      authorities: change.updates ?? [],
    });
    return rcode;
  };
  return { zone, server, update };
}

/** Records as they stand in a prerequisite or a deletion. */
function withClass(lines: string, recordClass: RecordClass): readonly ResourceRecord[] {
  return records(lines).map((record) => ({ ...record, class: recordClass, ttl: 0 }));
}

/** The same without content: the RRset, or the whole name. */
function empty(lines: string, recordClass: RecordClass, code?: number): readonly ResourceRecord[] {
  return records(lines).map((record) => ({
    type: 'unknown',
    code: code ?? codeOf(record),
    data: new Uint8Array(),
    name: record.name,
    class: recordClass,
    ttl: 0,
  }));
}

describe('an update', () => {
  it('adds values beside those that are there, once, and raises the serial by one', async () => {
    const { zone, update } = town();
    const { serial } = zone;
    expect(await update({ updates: records('_acme-challenge 120 TXT one\n_acme-challenge 120 TXT two') })).toBe(
      'NOERROR',
    );
    expect(await update({ updates: records('_ACME-challenge 120 TXT two') })).toBe('NOERROR');
    expect(zone.texts('_acme-challenge')).toEqual(['foreign', 'one', 'two']);
    expect(zone.serial).toBe(serial + 1);
  });

  it('with another TTL changes that of the whole RRset, as BIND and Knot do', async () => {
    const { zone, update } = town();
    await update({ updates: records('_acme-challenge 60 TXT one') });
    expect(shown(zone.list('_acme-challenge'))).toEqual([
      '_acme-challenge.example.com. 60 TXT foreign',
      '_acme-challenge.example.com. 60 TXT one',
    ]);
  });

  it('deletes exactly one value, or nothing', async () => {
    const { zone, update } = town();
    const { serial } = zone;
    expect(await update({ updates: withClass('_acme-challenge TXT missing', 'NONE') })).toBe('NOERROR');
    expect([zone.serial, zone.texts('_acme-challenge')]).toEqual([serial, ['foreign']]);
    await update({ updates: withClass('_acme-challenge TXT foreign', 'NONE') });
    expect(zone.list('_acme-challenge')).toEqual([]);
  });

  it('deletes an RRset, and a whole name', async () => {
    const { zone, update } = town();
    zone.add('www AAAA 2001:db8::1\nwww TXT hello');
    await update({ updates: empty('www TXT x', 'ANY') });
    expect(zone.list('www').map(({ type }) => type)).toEqual(['A', 'AAAA']);
    await update({ updates: empty('www TXT x', 'ANY', codes.ANY) });
    expect(zone.list('www')).toEqual([]);
  });

  it('leaves the apex its SOA and its name servers', async () => {
    const { zone, update } = town();
    zone.add('@ TXT hello');
    const updates = [...empty('@ TXT x', 'ANY', codes.ANY), ...empty('@ NS x', 'ANY'), ...withClass('@ NS ns', 'NONE')];
    expect(await update({ updates })).toBe('NOERROR');
    expect(zone.list('@').map(({ type }) => type)).toEqual(['SOA', 'NS']);
  });

  it('ignores an alias beside other data, and other data beside an alias', async () => {
    const { zone, update } = town();
    expect(await update({ updates: records('www CNAME x\nalias TXT y') })).toBe('NOERROR');
    expect([...zone.list('www'), ...zone.list('alias')].map(({ type }) => type)).toEqual(['A', 'CNAME']);
    await update({ updates: records('alias CNAME elsewhere') });
    expect(shown(zone.list('alias'))).toEqual(['alias.example.com. 300 CNAME elsewhere.example.com.']);
  });

  it('takes a serial that comes later, and none that comes earlier', async () => {
    const { zone, update } = town();
    await update({ updates: records('@ SOA ns hostmaster 4000 1 2 3 4') });
    expect(zone.serial).toBe(4000);
    await update({ updates: records('@ SOA ns hostmaster 2000 1 2 3 4') });
    expect(zone.serial).toBe(4000);
  });

  it('happens whole or not at all', async () => {
    const { zone, update } = town();
    const { content } = zone;
    expect(await update({ updates: records('new A 192.0.2.7\nwww.example.net. A 192.0.2.8') })).toBe('NOTZONE');
    expect(zone.content).toBe(content);
  });

  it.each([
    ['a value with class ANY', withClass('www A 192.0.2.1', 'ANY')],
    ['no value with class IN', empty('www A 192.0.2.1', 'IN')],
    ['a deletion with a TTL', records('www A 192.0.2.1').map((record) => ({ ...record, class: 'NONE' as const }))],
    ['the type ANY with a value', [...empty('www A 192.0.2.1', 'NONE', codes.ANY)]],
    ['another class', empty('www A 192.0.2.1', 'CH')],
  ])('with %s is malformed', async (_, updates) => {
    const { zone, update } = town();
    const { serial } = zone;
    expect(await update({ updates })).toBe('FORMERR');
    expect(zone.serial).toBe(serial);
  });
});

describe('a prerequisite', () => {
  const cases: readonly (readonly [string, readonly ResourceRecord[], string])[] = [
    ['that a name is in use holds', empty('www A 192.0.2.1', 'ANY', codes.ANY), 'NOERROR'],
    ['that a name is in use fails', empty('new A 192.0.2.1', 'ANY', codes.ANY), 'NXDOMAIN'],
    ['that a name is not in use holds', empty('new A 192.0.2.1', 'NONE', codes.ANY), 'NOERROR'],
    ['that a name is not in use fails', empty('www A 192.0.2.1', 'NONE', codes.ANY), 'YXDOMAIN'],
    ['that an RRset exists holds', empty('www A 192.0.2.1', 'ANY'), 'NOERROR'],
    ['that an RRset exists fails', empty('www TXT x', 'ANY'), 'NXRRSET'],
    ['that an RRset does not exist holds', empty('www TXT x', 'NONE'), 'NOERROR'],
    ['that an RRset does not exist fails', empty('www A 192.0.2.1', 'NONE'), 'YXRRSET'],
    ['that an RRset has these values holds', withClass('www A 192.0.2.1', 'IN'), 'NOERROR'],
    [
      'that an RRset has these values fails for one more',
      withClass('www A 192.0.2.1\nwww A 192.0.2.2', 'IN'),
      'NXRRSET',
    ],
    ['that an RRset has these values fails for another', withClass('www A 192.0.2.2', 'IN'), 'NXRRSET'],
    ['outside of the zone', withClass('www.example.net. A 192.0.2.1', 'IN'), 'NOTZONE'],
    ['with a TTL', records('www A 192.0.2.1'), 'FORMERR'],
  ];

  it.each(cases)('%s', async (_, prerequisites, rcode) => {
    const { zone, update } = town();
    expect(await update({ prerequisites, updates: records('new A 192.0.2.9') })).toBe(rcode);
    expect(zone.list('new')).toHaveLength(rcode === 'NOERROR' ? 1 : 0);
  });
});

describe('who may update', () => {
  const updates = records('new A 192.0.2.9');

  it.each([
    ['a zone that the server does not have', {}, 'example.net.', 'NOTAUTH'],
    ['a name within a zone instead of its apex', {}, 'www.example.com.', 'NOTAUTH'],
    ['a zone that takes none', { updates: 'refused' }, 'example.com.', 'REFUSED'],
    ['a zone that wants signatures, unsigned', { updates: 'signed' }, 'example.com.', 'REFUSED'],
    ['a secondary', { lagMs: 0 }, 'example.com.', 'REFUSED'],
    ['a zone that is not loaded', { lame: 'servfail' }, 'example.com.', 'REFUSED'],
  ] as const)('nobody: %s', async (_, served, zone, rcode) => {
    const all = town(served);
    expect(await all.update({ zone, updates })).toBe(rcode);
    expect(all.zone.list('new')).toEqual([]);
    expect(all.server.updates).toEqual([]);
  });

  it('those whom the policy lets, which sees what is wanted', async () => {
    const { update, server, zone } = town(
      {},
      { policy: ({ updates: [first] }) => (first?.type === 'TXT' ? undefined : 'REFUSED') },
    );
    expect(await update({ updates })).toBe('REFUSED');
    expect(await update({ updates: records('new TXT x') })).toBe('NOERROR');
    expect(server.updates).toMatchObject([{ zone: 'example.com.', key: undefined, removed: [], serial: zone.serial }]);
    expect(shown(server.updates[0]?.added ?? [])).toEqual(['new.example.com. 300 TXT x']);
    expect(server.queries.map(({ opcode, name, rcode }) => `${opcode} ${name} ${rcode}`)).toEqual([
      'UPDATE Example.COM. REFUSED',
      'UPDATE Example.COM. NOERROR',
    ]);
  });
});
