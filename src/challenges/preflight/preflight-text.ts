/** What a preflight found, for people and for machines. */
import {
  bySeverity,
  concerns,
  type Finding,
  isClear,
  type PreflightCheck,
  type Severity,
  shownName,
} from './finding.ts';
import type { PreflightName } from './preflight.ts';

export interface PreflightTextOptions {
  /** The terminal can show more than ASCII. Default false. */
  readonly unicode?: boolean;
}

type Mark = Severity | 'clear';

const marks: Readonly<Record<'unicode' | 'ascii', Readonly<Record<Mark, string>>>> = {
  unicode: { certain: '✗', likely: '!', note: '·', clear: '✓' },
  ascii: { certain: 'x', likely: '!', note: '-', clear: '+' },
};

const titles: Readonly<Record<PreflightCheck, string>> = {
  name: 'name',
  method: 'challenge',
  caa: 'CAA',
  address: 'address',
  http: 'http-01',
  redirect: 'redirect',
  tls: 'tls-alpn-01',
  delegation: 'name servers',
  'challenge-name': 'TXT name',
  dnssec: 'DNSSEC',
  resolver: 'resolver',
  time: 'time',
};

/**
 * A table: each name once, its findings below each other, cause and cure; at the end the sum of it.
 *
 * @example
 * ```ts
 * import { preflightText } from 'everseal/challenges';
 * const names = [{ identifier: { type: 'dns', value: 'a.example' }, wildcard: false }] as const;
 * console.log(preflightText([], names)); // a.example  +  nothing stands in the way …
 * ```
 */
export function preflightText(
  findings: readonly Finding[],
  names: readonly PreflightName[],
  options: PreflightTextOptions = {},
): string {
  const signs = marks[options.unicode === true ? 'unicode' : 'ascii'];
  const nameWidth = Math.max(0, ...names.map((name) => shownName(name).length));
  const titleWidth = Math.max(0, ...findings.map(({ check }) => titles[check].length));
  const row = (name: string, sign: string, { check, cause, cure }: Finding): string => {
    const head = `${name.padEnd(nameWidth)}  ${sign}  ${titles[check].padEnd(titleWidth)}  `;
    return `${head}${cause}\n${' '.repeat(head.length)}${cure}\n`;
  };
  const general = findings.filter(({ identifier }) => identifier === undefined);
  const lines = names.map((name) => {
    const own = bySeverity(findings.filter((finding) => concerns(finding, name)));
    if (own.length === 0) {
      const [sign, said] = general.length > 0 ? [signs.note, 'not known'] : [signs.clear, 'nothing stands in the way'];
      return `${shownName(name).padEnd(nameWidth)}  ${sign}  ${said}\n`;
    }
    return own
      .map((finding, index) => row(index === 0 ? shownName(name) : '', signs[finding.severity], finding))
      .join('');
  });
  const rest = general.map((finding) => `${signs[finding.severity]} ${finding.cause}\n  ${finding.cure}\n`);
  return [...lines, ...rest, sumText(findings, names)].join('');
}

/**
 * The same as JSON text: `{ version, ok, findings, names: [{ name, findings: [{ check, severity, method?, cause, cure }] }] }`,
 * where the outer findings concern all names.
 *
 * @example
 * ```ts
 * import { preflightJson } from 'everseal/challenges';
 * console.log(JSON.parse(preflightJson([], [])).ok); // true
 * ```
 */
export function preflightJson(findings: readonly Finding[], names: readonly PreflightName[]): string {
  const plain = ({ check, severity, method, cause, cure }: Finding) => ({
    check,
    severity,
    ...(method === undefined ? {} : { method }),
    cause,
    cure,
  });
  const json = {
    version: 1,
    ok: isClear(findings),
    findings: findings.filter(({ identifier }) => identifier === undefined).map(plain),
    names: names.map((name) => ({
      name: shownName(name),
      findings: bySeverity(findings.filter((finding) => concerns(finding, name))).map(plain),
    })),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

function sumText(findings: readonly Finding[], names: readonly PreflightName[]): string {
  const count = (severity: Severity): number =>
    names.filter((name) => bySeverity(findings.filter((finding) => concerns(finding, name)))[0]?.severity === severity)
      .length;
  const [certain, likely] = [count('certain'), count('likely')];
  const total = names.length === 1 ? '1 name' : `${names.length} names`;
  if (certain + likely === 0) return '';
  const sure = certain === 0 ? [] : [`the CA is sure to refuse ${certain}`];
  const probable = likely === 0 ? [] : [`${certain === 0 ? 'the CA ' : ''}will probably refuse ${likely}`];
  return `\nOf ${total} ${[...sure, ...probable].join(' and ')}.\n`;
}
