/** Who may issue (RFC 8659), and for which account and by which method (RFC 8657). */
import { printable } from '../core/index.ts';
import type { ResourceRecord } from '../dns/message.ts';
import type { CaContext } from './context.ts';
import { lookUp, shownTexts } from './dns-lookups.ts';
import { readIssueValue } from './issue-value.ts';
import { CaProblem } from './problem.ts';
import type { Trial } from './validation.ts';

type CaaRecord = ResourceRecord & { readonly type: 'CAA' };

const critical = 0x80;
/** Properties that are understood, if only to know that they say nothing about server certificates. */
const knownTags = ['issue', 'issuewild', 'iodef', 'issuemail', 'contactemail', 'contactphone'];

/** @throws CaProblem `caa` unless the records allow it; addresses have none */
export async function checkCaa(ca: CaContext, trial: Trial, visited: string[]): Promise<void> {
  if (trial.identifier.type === 'ip') return;
  const { name, records } = await relevantRecords(ca, trial.identifier.value, visited);
  const unknown = records.find(({ flags, tag }) => (flags & critical) !== 0 && !knownTags.includes(tag.toLowerCase()));
  if (unknown !== undefined)
    throw forbidden(name, `its critical property "${printable(unknown.tag, 30)}" is not understood`);
  const deciding = decidingRecords(records, trial.wildcard);
  const refusals = deciding.map(({ value }) => ({ value, why: refusalOf(ca, trial, value) }));
  if (refusals.length === 0 || refusals.some(({ why }) => why === undefined)) return;
  const reasons = refusals.map(({ value, why }) => `"${printable(value, 100)}": ${printable(why ?? '', 200)}`);
  throw forbidden(name, reasons.join('; '));
}

/** RFC 8659 §3: those of the name, or of the nearest name above it that has any. */
async function relevantRecords(
  ca: CaContext,
  start: string,
  visited: string[],
): Promise<{ readonly name: string; readonly records: readonly CaaRecord[] }> {
  const labels = start.split('.');
  for (let depth = 0; depth < labels.length; depth += 1) {
    const name = labels.slice(depth).join('.');
    const { records } = await lookUp(ca, name, 'CAA');
    visited.push(`CAA ${name}: ${shownTexts(records.map(({ tag, value }) => `${tag} ${value}`))}`);
    if (records.length > 0) return { name, records };
  }
  return { name: start, records: [] };
}

/** For a wildcard `issuewild` counts when there is one (RFC 8659 §4.3). */
function decidingRecords(records: readonly CaaRecord[], wildcard: boolean): readonly CaaRecord[] {
  const of = (wanted: string) => records.filter(({ tag }) => tag.toLowerCase() === wanted);
  return wildcard && of('issuewild').length > 0 ? of('issuewild') : of('issue');
}

function refusalOf(ca: CaContext, trial: Trial, text: string): string | undefined {
  const value = readIssueValue(text);
  if (value.fault !== undefined) return value.fault;
  const { issuers } = ca.settings;
  if (!issuers.includes(value.issuer)) return `its issuer is not ${issuers.join(' or ')}`;
  const account = value.parameters.get('accounturi');
  const own = ca.urls.account(trial.account.id);
  if (account !== undefined && account !== own) return `its accounturi is not ${own}`;
  const methods = value.parameters.get('validationmethods');
  if (methods !== undefined && !methods.split(',').includes(trial.type))
    return `its validationmethods do not have ${trial.type}`;
  return undefined;
}

function forbidden(name: string, why: string): CaProblem {
  return new CaProblem('caa', `CAA of ${name} forbids it: ${why}`);
}
