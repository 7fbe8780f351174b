import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EversealError } from '../../core/index.ts';
import { ApiStage, failureOf, record, signal } from './api-stage.testing.ts';
import { FakeDns, type Fault, fakeProvider, type HeldRecord, shapes } from './fake-dns.testing.ts';
import type { DnsProvider, ProviderReceipt } from './provider.ts';
import type { WriteShape } from './write-shape.ts';

type Shape = WriteShape['shape'];
const many: readonly Shape[] = ['record-by-id', 'by-value', 'rrset', 'zone-rewrite'];
const all: readonly Shape[] = [...many, 'slot'];

async function open(shape: Shape, dns = new FakeDns()) {
  const stage = new ApiStage(dns.api);
  return { dns, stage, provider: await stage.open(fakeProvider({ write: shapes[shape] })) };
}

/** Requests since the last look. */
function counter(stage: ApiStage): () => readonly string[] {
  let seen = stage.requests.length;
  return () => {
    const lines = stage.lines.slice(seen);
    seen = stage.requests.length;
    return lines.map((line) => line.replace(/\?.*/, ''));
  };
}

const two = [record('a', 'one'), record('a', 'two')];

describe('values beside those of others', () => {
  it.each(many)('are added and removed by %s, and the others stay', async (shape) => {
    const { dns, provider } = await open(shape);
    dns.add('a', 'foreign', { ttl: 777 });
    dns.add('a', '192.0.2.1', { type: 'A' });
    dns.add('other', 'foreign too');
    const before = dns.records.map(({ id: _id, ...facts }) => facts);
    const receipts = await provider.add(two, signal);
    expect(receipts).toHaveLength(2);
    expect(new Set(dns.valuesAt('a'))).toEqual(new Set(['foreign', 'one', 'two']));
    await provider.remove(
      two.map((one, index) => ({ record: one, receipt: receipts[index] })),
      signal,
    );
    expect(new Set(dns.records.map(({ id: _id, ...facts }) => facts))).toEqual(new Set(before));
  });

  it.each(['rrset', 'zone-rewrite'] as const)('get by %s the TTL that the name has', async (shape) => {
    const { dns, provider } = await open(shape);
    dns.add('a', 'foreign', { ttl: 777 });
    await provider.add([...two, record('b', 'three')], signal);
    const ttls = dns.records.map(({ name, ttl }) => `${name} ${ttl}`);
    expect([...new Set(ttls)].sort()).toEqual(['a 777', 'b 120']);
  });
});

describe('requests', () => {
  it.each<[Shape, readonly string[], readonly string[]]>([
    ['record-by-id', ['POST /id', 'POST /id'], ['DELETE /id/1', 'DELETE /id/2']],
    ['by-value', ['POST /value', 'POST /value'], ['DELETE /value', 'DELETE /value']],
    ['rrset', ['GET /rrset/a', 'PUT /rrset/a'], ['GET /rrset/a', 'DELETE /rrset/a']],
    ['zone-rewrite', ['GET /zone', 'PUT /zone'], ['GET /zone', 'PUT /zone']],
  ])('of %s for two values of a name', async (shape, adding, removing) => {
    const { stage, provider } = await open(shape);
    const since = counter(stage);
    const receipts = await provider.add(two, signal);
    expect(since()).toEqual(adding);
    await provider.remove(
      two.map((one, index) => ({ record: one, receipt: receipts[index] })),
      signal,
    );
    expect(since()).toEqual(removing);
  });

  it('of a zone rewrite are two for many names', async () => {
    const { stage, provider, dns } = await open('zone-rewrite');
    await provider.add(
      ['a', 'b', 'c'].map((label) => record(label, 'v')),
      signal,
    );
    expect(stage.lines).toEqual(['GET /zone', 'PUT /zone']);
    expect(dns.records).toHaveLength(3);
  });

  it.each(['rrset', 'zone-rewrite'] as const)('of %s do not write what changes nothing', async (shape) => {
    const { stage, provider } = await open(shape);
    await provider.add(two, signal);
    const since = counter(stage);
    await provider.add(two, signal);
    await provider.remove([{ record: record('a', 'never there') }], signal);
    expect(since().filter((line) => !line.startsWith('GET'))).toEqual([]);
  });
});

describe('what is repeated', () => {
  it.each(all)('%s: adding what is there, removing what is not, removing twice', async (shape) => {
    const { dns, provider } = await open(shape);
    const one = record('a', 'one');
    await provider.remove([{ record: one }], signal);
    await provider.add([one], signal);
    await provider.add([one], signal);
    expect(dns.valuesAt('a')).toEqual(['one']);
    await provider.remove([{ record: one }], signal);
    await provider.remove([{ record: one }], signal);
    expect(dns.records).toEqual([]);
  });

  it.each(many)('%s: one value twice in a batch', async (shape) => {
    const { dns, provider } = await open(shape);
    const receipts = await provider.add([two[0] ?? record('a', 'x'), record('a', 'one')], signal);
    expect(receipts[0]).toEqual(receipts[1]);
    expect(dns.valuesAt('a')).toEqual(['one']);
  });
});

describe('a record by id', () => {
  it('is found without its receipt, whichever page it is on, and only that', async () => {
    const { dns, provider } = await open('record-by-id');
    for (const value of ['f1', 'f2', 'f3', 'f4']) dns.add('a', value);
    await provider.add(two, signal);
    await provider.remove(
      two.map((one) => ({ record: one })),
      signal,
    );
    expect(dns.valuesAt('a')).toEqual(['f1', 'f2', 'f3', 'f4']);
  });

  it('is found when its receipt is out of date', async () => {
    const { dns, provider } = await open('record-by-id');
    dns.add('a', 'one');
    await provider.remove([{ record: record('a', 'one'), receipt: { id: '99' } }], signal);
    expect(dns.records).toEqual([]);
  });

  it.each<Fault>(['busy-after', 'reset-after'])('is not made twice when the answer got lost (%s)', async (fault) => {
    const { dns, provider } = await open('record-by-id');
    dns.strict = false;
    dns.faults = [fault];
    const [receipt] = await provider.add([record('a', 'one')], signal);
    expect(dns.valuesAt('a')).toEqual(['one']);
    expect(receipt).toEqual({ id: '1' });
  });

  it('is tried again after a while, and not for ever', async () => {
    const { dns, stage, provider } = await open('record-by-id');
    dns.faults = ['busy-before', undefined, 'busy-before'];
    await provider.add([record('a', 'one')], signal);
    const posts = stage.requests.filter(({ line }) => line.startsWith('POST')).map(({ at }) => at);
    expect(posts).toEqual([0, 1000, 3000]);
    dns.faults = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'busy-before' : undefined));
    expect(await failureOf(provider.add([record('b', 'one')], signal))).toMatchObject({ code: 'provider-failed' });
    expect(dns.valuesAt('b')).toEqual([]);
  });

  it('that is there twice goes altogether', async () => {
    const { dns, provider } = await open('record-by-id');
    dns.add('a', 'one');
    dns.add('a', 'one');
    await provider.remove([{ record: record('a', 'one') }], signal);
    expect(dns.records).toEqual([]);
  });
});

describe('a slot', () => {
  it('has no room for two values of a name', async () => {
    const { provider, stage } = await open('slot');
    expect(provider.values).toBe('one');
    expect(await failureOf(provider.add(two, signal))).toMatchObject({ code: 'usage', message: /room for one/ });
    expect(stage.requests).toEqual([]);
  });

  it('that somebody else has taken is not cleared', async () => {
    const { provider, dns } = await open('slot');
    await provider.add([record('a', 'one')], signal);
    dns.drop(() => true);
    dns.add('a', 'foreign');
    await provider.remove([{ record: record('a', 'one') }], signal);
    expect(dns.valuesAt('a')).toEqual(['foreign']);
  });
});

const names = ['a', 'b', '@'];
const faults: readonly (Fault | undefined)[] = [
  undefined,
  undefined,
  'refused',
  'busy-before',
  'busy-after',
  'reset-after',
  'slow-down',
];
type OwnStep = { readonly do: 'add' | 'remove' | 'forget-and-remove'; readonly of: readonly number[] };
type ForeignStep = { readonly do: 'foreign-add' | 'foreign-remove'; readonly name: string; readonly value: string };
type Step = OwnStep | ForeignStep;

const ours = names.flatMap((name) => ['one', 'two'].map((value) => record(name, `ours ${value}`)));
const anyStep = (mostAtOnce: number): fc.Arbitrary<Step> =>
  fc.oneof(
    fc.record<OwnStep>({
      do: fc.constantFrom('add', 'remove', 'forget-and-remove'),
      of: fc.uniqueArray(fc.nat(ours.length - 1), { minLength: 1, maxLength: mostAtOnce }),
    }),
    fc.record<ForeignStep>({
      do: fc.constantFrom('foreign-add', 'foreign-remove'),
      name: fc.constantFrom(...names),
      value: fc.constantFrom('foreign 1', 'foreign 2'),
    }),
  );

/** Whatever a call does or fails to do. */
async function take(step: Step, dns: FakeDns, provider: DnsProvider, receipts: Map<number, ProviderReceipt>) {
  if ('name' in step) {
    dns.drop(({ name, value }) => name === step.name && value === step.value);
    // All records of a name and type have one TTL (RFC 2181 §5.2).
    const ttl = dns.records.find(({ name, type }) => name === step.name && type === 'TXT')?.ttl;
    if (step.do === 'foreign-add') dns.add(step.name, step.value, { ttl });
    return;
  }
  const records = step.of.map((index) => ours[index] ?? record('a', 'x'));
  if (step.do === 'add') {
    const made = await provider.add(records, signal);
    for (const [index, receipt] of made.entries()) receipts.set(step.of[index] ?? 0, receipt);
    return;
  }
  const known = step.do === 'remove';
  const items = records.map((one, index) => ({
    record: one,
    receipt: known ? receipts.get(step.of[index] ?? 0) : undefined,
  }));
  return provider.remove(items, signal);
}

/** Those of other types, other values, and of our values at a name that is not ours. */
function foreignRecords(dns: FakeDns): readonly string[] {
  const isOurs = ({ name, value }: HeldRecord) => names.includes(name) && value.startsWith('ours');
  const foreign = dns.records.filter((one) => !isOurs(one));
  return foreign.map(({ name, type, value, ttl }) => `${name} ${ttl} ${type} ${value}`).sort();
}

function isThere(dns: FakeDns, index: number): boolean {
  const { name = '', value = '' } = ours[index] ?? {};
  return dns.valuesAt(name === 'example.com.' ? '@' : name.replace('.example.com.', '')).includes(value);
}

describe('any sequence of calls and faults', () => {
  it.each(many)('leaves by %s all foreign values as they are, and nothing of ours', async (shape) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(anyStep(4), fc.array(fc.constantFrom(...faults), { maxLength: 6 })), { maxLength: 12 }),
        fc.boolean(),
        async (steps, strict) => {
          const { dns, provider } = await open(shape);
          dns.strict = strict;
          dns.add('a', '192.0.2.1', { type: 'A', ttl: 5 });
          dns.add('c', 'ours one');
          const receipts = new Map<number, ProviderReceipt>();
          for (const [step, stepFaults] of steps) {
            const before = foreignRecords(dns);
            dns.faults = [...stepFaults];
            const failure = await failureOf(take(step, dns, provider, receipts));
            if (failure !== undefined) expect(failure).toBeInstanceOf(EversealError);
            if (!('of' in step)) continue;
            expect(foreignRecords(dns)).toEqual(before);
            if (failure === undefined && step.do !== 'remove')
              for (const index of step.of) expect(isThere(dns, index)).toBe(step.do === 'add');
          }
          dns.faults = [];
          const before = foreignRecords(dns);
          await provider.remove(
            ours.map((one) => ({ record: one })),
            signal,
          );
          expect(ours.some((_one, index) => isThere(dns, index))).toBe(false);
          expect(foreignRecords(dns)).toEqual(before);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('leaves by slot whatever somebody else wrote last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep(1), { maxLength: 15 }), async (steps) => {
        const { dns, provider } = await open('slot');
        const last = new Map<string, string>();
        for (const step of steps) {
          if ('name' in step && step.do === 'foreign-add') dns.drop(({ name }) => name === step.name);
          await failureOf(take(step, dns, provider, new Map()));
          for (const name of names) last.set(name, dns.valuesAt(name)[0] ?? '');
        }
        for (const one of ours) await provider.remove([{ record: one }], signal);
        for (const [name, value] of last)
          expect(dns.valuesAt(name)).toEqual(value === '' || value.startsWith('ours') ? [] : [value]);
      }),
      { numRuns: 60 },
    );
  });
});
