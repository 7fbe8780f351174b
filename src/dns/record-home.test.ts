import { describe, expect, it } from 'vitest';
import { inDnsTown, type DnsTown } from './dns-town.testing.ts';
import { findRecordHome, type RecordHome } from './record-home.ts';
import { DnsZone } from './server/zone.ts';

const leaf = '_acme-challenge.www.example.com.';

async function homeOf(
  options: Parameters<typeof inDnsTown>[0],
  before: (town: DnsTown) => void = () => undefined,
  name = leaf,
): Promise<{ readonly home: RecordHome; readonly town: DnsTown }> {
  const found: { readonly home: RecordHome; readonly town: DnsTown }[] = [];
  await inDnsTown(options, async (town) => {
    before(town);
    found.push({ home: await findRecordHome(town.resolver, name, town.signal), town });
  });
  const [only] = found;
  if (only === undefined) throw new Error('the story did not end');
  return only;
}

const askedOfResolver = ({ recursor }: DnsTown) => recursor.queries.map(({ name }) => name);

describe('the home of a record', () => {
  it('is the name itself in its zone, and the resolver is not asked for it', async () => {
    const { home, town } = await homeOf({});
    expect(home).toEqual({ name: leaf, zone: 'example.com.' });
    expect(askedOfResolver(town)).not.toContain(leaf);
  });

  it('is at the end of the CNAMEs, in the zone of the last', async () => {
    const other = new DnsZone('other.test', { nameServers: { 'ns1.example.com.': [], 'ns2.example.com.': [] } });
    const records = `${leaf} CNAME a.other.test.`;
    other.add('a CNAME b.c');
    const { home, town } = await homeOf({ records, zones: [other] });
    expect(home).toEqual({ name: 'b.c.other.test.', zone: 'other.test.' });
    expect(askedOfResolver(town)).not.toContain('b.c.other.test.');
  });

  it('is in the zone that begins at the name or between, when one is delegated', async () => {
    const child = new DnsZone('_acme-challenge.www.example.com', { nameServers: { 'ns1.example.com.': [] } });
    const { home } = await homeOf({}, (town) => {
      town.example.delegate('_acme-challenge.www', { 'ns1.example.com.': [] });
      town.ns1.host(child);
    });
    expect(home).toEqual({ name: leaf, zone: leaf });
  });

  it.each([['drop', { drop: () => true }] as const, ['refusal', { rcode: () => 'REFUSED' as const }] as const])(
    'is found at the second server in spite of a %s of the first',
    async (_what, faults) => {
      const { home, town } = await homeOf({}, ({ ns1 }) => {
        ns1.faults = faults;
      });
      expect(home).toEqual({ name: leaf, zone: 'example.com.' });
      expect(askedOfResolver(town)).not.toContain(leaf);
    },
  );

  it('is asked of the resolver where no server can be asked', async () => {
    const { home, town } = await homeOf({ resolver: { nameServerPort: 5399 } });
    expect(home).toEqual({ name: leaf, zone: 'example.com.' });
    expect(askedOfResolver(town)).toContain(leaf);
  });

  it('is nowhere when the CNAMEs go round', async () => {
    const records = `${leaf} CNAME b\nb CNAME ${leaf}`;
    await expect(homeOf({ records })).rejects.toMatchObject({
      code: 'dns-failed',
      message: expect.stringContaining('b.example.com.'),
    });
  });

  it('is nowhere for a name in no zone', async () => {
    await expect(homeOf({}, undefined, '_acme-challenge.nowhere.invalid.')).rejects.toMatchObject({
      code: 'name-not-found',
    });
  });
});
