/** Records as people write them down. */
import { printable } from '../core/index.ts';
import { isWithin, relativeName, type TxtRecord, txtStrings, withoutFinalDot } from '../dns/index.ts';

/** A TXT record that somebody is to make or remove. */
export type ShownRecord = Pick<TxtRecord, 'name' | 'zone' | 'value'> & {
  /** Seconds. */
  readonly ttl: number;
};

/** What to make: a table for forms on the web, and lines for zone files. */
export function textToCreate(records: readonly ShownRecord[]): string {
  const names = new Set(records.map(({ name }) => name));
  return [
    `Please create ${count(records)}:`,
    '',
    ...indented(tableOf(records)),
    '',
    records.length === 1 ? 'The same as a line of a zone file:' : 'The same as lines of a zone file:',
    '',
    ...indented(zoneLines(records)),
    '',
    ...(names.size < records.length ? ['A name that is listed twice needs both values at the same time.', ''] : []),
  ].join('\n');
}

/** What is no longer needed. */
export function textToRemove(records: readonly ShownRecord[]): string {
  const title = records.length === 1 ? 'This TXT record is' : 'These TXT records are';
  return [`${title} no longer needed, you can remove ${records.length === 1 ? 'it' : 'them'}:`, '']
    .concat(indented(zoneLines(records)), '')
    .join('\n');
}

/** `1 TXT record`, `2 TXT records`. */
export function count(records: readonly unknown[]): string {
  return `${records.length} TXT record${records.length === 1 ? '' : 's'}`;
}

function tableOf(records: readonly ShownRecord[]): readonly string[] {
  const rows = records.map((record) => [
    printable(withoutFinalDot(record.zone)),
    printable(nameInZone(record)),
    'TXT',
    String(record.ttl),
    printable(record.value, record.value.length),
  ]);
  return aligned([['Zone', 'Name', 'Type', 'TTL', 'Value'], ...rows]);
}

/** Most forms want the name without the zone. */
function nameInZone({ name, zone }: ShownRecord): string {
  if (zone === '' || !isWithin(name, zone)) return withoutFinalDot(name);
  return relativeName(name, zone) || '@';
}

/** RFC 1035 §5.1. */
function zoneLines(records: readonly ShownRecord[]): readonly string[] {
  return aligned(records.map(({ name, ttl, value }) => [name, String(ttl), 'IN', 'TXT', quoted(value)]));
}

/** Character-strings of at most 255 octets; octets beyond printable ASCII as \DDD. */
function quoted(value: string): string {
  return txtStrings(value)
    .map((octets) => `"${Array.from(octets, presentOctet).join('')}"`)
    .join(' ');
}

function presentOctet(octet: number): string {
  const character = String.fromCharCode(octet);
  if (character === '"' || character === '\\') return `\\${character}`;
  return octet >= 0x20 && octet < 0x7f ? character : `\\${String(octet).padStart(3, '0')}`;
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
