import { hasCode } from '../../core/index.ts';
import type { NameServer } from '../../dns/index.ts';
import { isWithin, labelsOf } from '../../dns/index.ts';
import {
  type Check,
  isDnsType,
  listed,
  lookupFailure,
  type PreflightContext,
  reasonOf,
  shownServer,
} from './context.ts';
import type { Problem } from './finding.ts';
import { parentReferral, type Referral } from './parent-referral.ts';

/** That each name server of the zone answers for it, with authority. */
export const checkDelegation: Check = async (context, { name, methods }) => {
  const problems = await lookAtZone(context, `${name}.`);
  // A CA's resolver asks another server; only whoever waits for all of them to show a record is held up.
  const half = methods.some(isDnsType) ? 'likely' : 'note';
  return problems.map((problem) => (problem.severity === 'likely' ? { ...problem, severity: half } : problem));
};

/** As {@link checkDelegation}, for any absolute name. */
export async function lookAtZone(context: PreflightContext, name: string): Promise<readonly Problem[]> {
  const found = await findServers(context, name);
  if ('check' in found) return [found];
  const states = await Promise.all(found.servers.map((server) => lookAtServer(context, found.zone, server)));
  const problems = weigh(found.zone, states);
  return problems.length === 0 && found.failure !== undefined ? [found.failure] : problems;
}

/** The servers of the name's zone, or why there are none. `failure`: they are only what the parent zone says. */
async function findServers(
  context: PreflightContext,
  name: string,
): Promise<Problem | (Referral & { readonly failure?: Problem })> {
  const { resolver, signal } = context;
  try {
    const zone = await resolver.findZone(name);
    return (await nobodyOwns(context, name, zone)) ?? { zone, servers: await resolver.nameServers(zone) };
  } catch (error) {
    const reason = reasonOf(lookupFailure(error, signal));
    const failure: Problem = {
      check: 'delegation',
      severity: 'likely',
      cause: `The name servers of ${shownName(name)} cannot be found: ${reason}.`,
      cure: 'Check the delegation of the domain, its name servers, and its DNSSEC signatures.',
    };
    const referral = await parentReferral(context, name);
    return referral === undefined ? failure : { ...referral, failure };
  }
}

/** The zone is a top-level domain or the root, and the name below it does not exist. */
async function nobodyOwns({ resolver }: PreflightContext, name: string, zone: string): Promise<Problem | undefined> {
  if (labelsOf(zone).length > 1 || !isWithin(name, zone)) return undefined;
  const domain = `${labelsOf(name).slice(-2).join('.')}.`;
  const { rcode, server } = await resolver.query(domain, 'NS');
  if (rcode !== 'NXDOMAIN') return undefined;
  return {
    check: 'delegation',
    severity: 'certain',
    cause: `The domain ${shownName(domain)} does not exist (asked ${shownServer(server)}: ${rcode}).`,
    cure: 'Check the spelling, and whether the domain is registered and has not expired.',
  };
}

interface ServerState {
  /** `lame` answers, but not for the zone. */
  readonly state: 'good' | 'lame' | 'silent' | 'out-of-reach';
  readonly text: string;
}

/** Good when one of its addresses is good. */
async function lookAtServer(context: PreflightContext, zone: string, server: NameServer): Promise<ServerState> {
  if (server.addresses.length === 0) return { state: 'silent', text: `${shownName(server.name)} has no address` };
  const states = await Promise.all(server.addresses.map((host) => lookAtHost(context, zone, host)));
  const best = ['good', 'lame', 'silent', 'out-of-reach'] as const;
  const state = best.find((candidate) => states.some((entry) => entry.state === candidate)) ?? 'silent';
  const reasons = [...new Set(states.filter((entry) => entry.state === state).map(({ text }) => text))];
  return { state, text: `${shownName(server.name)} (${listed(reasons)})` };
}

async function lookAtHost(context: PreflightContext, zone: string, host: string): Promise<ServerState> {
  const { resolver, exchangeMs: timeoutMs, signal } = context;
  const server = { host, port: resolver.nameServerPort };
  const where = shownServer(server);
  try {
    const { rcode, authoritative, answers } = await resolver.ask(server, zone, 'SOA', { timeoutMs });
    if (rcode !== 'NOERROR') return { state: 'lame', text: `${where}: ${rcode}` };
    if (!authoritative) return { state: 'lame', text: `${where}: an answer without authority` };
    const holds = answers.some(({ type }) => type === 'SOA');
    return holds ? { state: 'good', text: where } : { state: 'lame', text: `${where}: no SOA record` };
  } catch (error) {
    const failure = lookupFailure(error, signal);
    if (hasCode(failure, 'network', 'address-not-available')) return { state: 'out-of-reach', text: where };
    if (hasCode(failure, 'dns-failed', 'bad-reply')) return { state: 'lame', text: `${where}: ${reasonOf(failure)}` };
    return { state: 'silent', text: `${where}: no answer` };
  }
}

function weigh(zone: string, all: readonly ServerState[]): readonly Problem[] {
  const check = 'delegation';
  const states = all.filter(({ state }) => state !== 'out-of-reach');
  const bad = states.filter(({ state }) => state !== 'good');
  if (bad.length === 0) return [];
  const texts = listed(bad.map(({ text }) => text));
  const which = shownName(zone);
  if (bad.length < states.length) {
    const cause = `Of the ${states.length} name servers of ${which} not all answer for it: ${texts}.`;
    return [{ check, severity: 'likely', cause, cure: 'Mend that name server, or take it out of the delegation.' }];
  }
  // One that answers shows that questions get out of here: then the silence of the others is theirs.
  if (bad.some(({ state }) => state === 'lame')) {
    const cause = `No name server of ${which} answers for it: ${texts}.`;
    return [
      { check, severity: 'certain', cause, cure: 'Load the zone there, or delegate it to servers that have it.' },
    ];
  }
  return [
    {
      check,
      severity: 'likely',
      cause: `From here no name server of ${which} answers: ${texts}.`,
      cure: 'Check the name servers; when only this machine cannot reach them, port 53 is blocked on the way.',
    },
  ];
}

function shownName(name: string): string {
  return name === '.' ? 'the root' : name.replace(/\.$/, '');
}
