/** A batch of records, sorted into names and zones. */
import type { ProviderReceipt, TxtRecord } from './provider.ts';

export interface BatchItem {
  readonly record: TxtRecord;
  readonly receipt?: ProviderReceipt | undefined;
}

/** The items of one name. */
export interface NameGroup {
  readonly name: string;
  /** By SOA; empty when nobody asked. */
  readonly apex: string;
  /** No value twice. */
  readonly items: readonly BatchItem[];
}

export function groupByName(items: readonly BatchItem[]): readonly NameGroup[] {
  return [...grouped(items, ({ record }) => record.name)].map(([name, group]) => ({
    name,
    apex: group[0]?.record.zone ?? '',
    items: [...grouped(group, ({ record }) => record.value).values()].map(mostKnown),
  }));
}

/** In the order of first appearance. */
export function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Of several items for one value, one that has a receipt. */
function mostKnown(items: readonly BatchItem[]): BatchItem {
  const [first] = items;
  const known = items.find(({ receipt }) => receipt !== undefined && Object.keys(receipt).length > 0) ?? first;
  if (known === undefined) throw new TypeError('a group has items');
  return known;
}

export function recordKey({ name, value }: Pick<TxtRecord, 'name' | 'value'>): string {
  return `${name} ${value}`;
}
