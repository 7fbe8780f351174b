import type { Check, PreflightContext } from './context.ts';
import { listed, shownAddress } from './context.ts';
import { unreachableText, type Visit, weighVisits } from './families.ts';
import type { Problem } from './finding.ts';
import { type HttpOutcome, walk } from './http-walk.ts';

/** Of a host with many addresses only so many are visited. */
const maxAddresses = 8;

/** That each address of the name gives the right answer on port 80: for http-01. */
export const checkHttp: Check = async (context, { name }) => {
  const { addresses } = await context.addresses.lookUp(name);
  const outcomes = await Promise.all(
    addresses.slice(0, maxAddresses).map(async (address) => ({
      ...address,
      port: context.http.port,
      outcome: await walk(context, name, address.host),
    })),
  );
  const redirects = outcomes.filter(({ outcome }) => outcome.kind === 'refused-redirect');
  const visits = outcomes.map(
    ({ outcome, ...rest }): Visit => ({ ...rest, trouble: troubleOf(outcome, statusesOf(outcomes)) }),
  );
  if (redirects.length > 0 && redirects.length === outcomes.length) {
    return redirectFindings(name, outcomes);
  }
  return weighVisits({ name, check: 'http', method: 'http-01', cure: cureFor(context) }, visits);
};

interface Seen {
  readonly host: string;
  readonly port: number;
  readonly outcome: HttpOutcome;
}

/** One line for each different redirect. It is certain where it kept the token's path: then no router's own page said it. */
function redirectFindings(name: string, seen: readonly Seen[]): readonly Problem[] {
  const byText = new Map<string, { readonly from: string[]; readonly cure: string; readonly faithful: boolean }>();
  for (const { host, port, outcome } of seen) {
    if (outcome.kind !== 'refused-redirect') continue;
    const known = byText.get(outcome.text) ?? { from: [], cure: outcome.cure, faithful: outcome.faithful };
    known.from.push(shownAddress({ host, port }));
    byText.set(outcome.text, known);
  }
  return [...byText].map(([text, { from, cure, faithful }]) => ({
    check: 'redirect',
    severity: faithful ? 'certain' : 'likely',
    method: 'http-01',
    cause: `${name} at ${listed(from)} answers with ${text}.`,
    cure,
  }));
}

/** Without a probe nobody knows the right answer, but two different ones cannot both be right. */
function statusesOf(seen: readonly Seen[]): readonly number[] {
  return seen.flatMap(({ outcome }) => (outcome.kind === 'fine' ? [outcome.status] : []));
}

function troubleOf(outcome: HttpOutcome, statuses: readonly number[]): Visit['trouble'] {
  if (outcome.kind === 'unreachable') return { text: unreachableText(outcome.error), error: outcome.error };
  if (outcome.kind === 'wrong') return { text: outcome.text };
  if (outcome.kind === 'refused-redirect') return { text: `answers with ${outcome.text}` };
  const first = statuses.at(-1);
  return outcome.status === first
    ? undefined
    : { text: `answers with status ${outcome.status}, not ${first} as others` };
}

function cureFor({ http }: PreflightContext): string {
  const there = http.probe === undefined ? 'a web server answers' : 'this machine answers';
  return (
    `Open port ${http.port} to the world and see that ${there} there ` +
    '(a router that does not lead back to its own public address looks the same from inside).'
  );
}
