/** What the `persist` commands print. */
import type { WantedPersistRecord } from '../challenges/persist-plan.ts';
import { persistRecordLine } from '../challenges/persist-plan.ts';
import { printable } from '../core/index.ts';
import { withoutFinalDot } from '../dns/name.ts';

/** One wanted record, and what became of it. */
export interface PersistRow {
  readonly wanted: WantedPersistRecord;
  /** Where it stands or belongs, CNAMEs followed. */
  readonly name: string;
  /** The value that serves, or the one to create. */
  readonly value: string;
  /** `unknown`: DNS could not be asked. */
  readonly state: 'present' | 'missing' | 'created' | 'unknown';
  /** All values there. */
  readonly found: readonly string[];
  /** Sentences on values that do not serve, on what is doubtful, and on what failed. */
  readonly findings: readonly string[];
}

const words: Readonly<Record<PersistRow['state'], string>> = {
  present: 'DNS has it',
  missing: 'missing in DNS',
  created: 'created',
  unknown: 'DNS cannot be asked',
};

/** Records as pairs for forms on web pages and, those of `zoneLines`, as lines for zone files. */
export function persistText(
  rows: readonly PersistRow[],
  zoneLines: (row: PersistRow) => boolean = () => false,
): string {
  const lines = rows.filter(zoneLines).map(({ name, value }) => `${persistRecordLine(name, value)}\n`);
  const zone = lines.length === 0 ? [] : ['\nFor a zone file:\n', ...lines];
  return [...rows.map(rowText), ...zone].join('');
}

function rowText({ wanted, name, value, state, findings }: PersistRow): string {
  const { domain, wildcard } = wanted;
  const who = wildcard ? `${domain} and *.${domain}` : domain;
  const alias = name === wanted.name ? [] : [`  alias  ${withoutFinalDot(wanted.name)} leads there`];
  return [
    `${who}: ${words[state]}`,
    `  name   ${withoutFinalDot(name)}`,
    ...alias,
    '  type   TXT',
    `  value  ${printable(value, 2_000)}`,
    ...findings.map((finding) => `  note   ${printable(finding, 1_000)}`),
    '',
  ].join('\n');
}

/** The sum of a check; empty when nothing is missing. */
export function missingText(rows: readonly PersistRow[]): string {
  const count = rows.filter(({ state }) => state !== 'present').length;
  if (count === 0) return '';
  const [what, them] = count === 1 ? ['1 record is not there', 'it'] : [`${count} records are not there`, 'them'];
  return `\n${what}. Create ${them}, or let everseal persist apply create ${them}.\n`;
}

/** @param account its URL */
export function persistJson(rows: readonly PersistRow[], account: string): string {
  const records = rows.map(({ wanted, name, value, state, found, findings }) => {
    const { domain, wildcard } = wanted;
    return {
      domain,
      wildcard,
      name,
      type: 'TXT',
      value,
      zoneLine: persistRecordLine(name, value),
      state,
      found,
      findings,
    };
  });
  const ok = rows.every(({ state }) => state === 'present' || state === 'created');
  return `${JSON.stringify({ version: 1, ok, account, records }, null, 2)}\n`;
}
