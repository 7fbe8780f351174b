import { hasCode } from '../../core/index.ts';
import { canonicalName, findRecordHome, sameName } from '../../dns/index.ts';
import { dnsAccount01Label } from '../../pki/key-authorization.ts';
import type { ChallengeType } from '../solver.ts';
import {
  type Check,
  isDnsType,
  lookupFailure,
  ownSignal,
  type PreflightContext,
  reasonOf,
  type Target,
} from './context.ts';
import { lookAtZone } from './delegation-check.ts';
import type { Problem } from './finding.ts';

const maxLinks = 32;

/** That the name of the TXT record leads somewhere: for challenges by DNS, whose CNAMEs are followed. */
export const checkChallengeName: Check = async (context, target) => {
  const methods = target.methods.filter(isDnsType);
  const findings = await Promise.all(methods.map((method) => lookAtName(context, target, method)));
  return findings.flat();
};

async function lookAtName(
  context: PreflightContext,
  target: Target,
  method: ChallengeType,
): Promise<readonly Problem[]> {
  const name = challengeName(target.name, method, context.ca.accountUrl);
  if (name === undefined) return [];
  const shown = name.replace(/\.$/, '');
  let end: string;
  try {
    end = (await findRecordHome(context.resolver, name, ownSignal(context.signal))).name;
  } catch (error) {
    if (hasCode(error, 'name-not-found')) return []; // the delegation's affair
    const failure = lookupFailure(error, context.signal);
    if (hasCode(failure, 'dns-failed') && (await loops(context, name))) {
      const cause = `The CNAME chain of ${shown} cannot be followed: ${reasonOf(failure)}.`;
      const cure = `Mend or remove the CNAME record at ${shown}.`;
      return [{ check: 'challenge-name', severity: 'certain', method, cause, cure }];
    }
    const cause = `Where ${shown} leads cannot be looked up: ${reasonOf(failure)}.`;
    const cure = 'Mend the name servers of the domain: the CA asks them as well.';
    return [{ check: 'challenge-name', severity: 'likely', method, cause, cure }];
  }
  if (sameName(end, name)) return [];
  const problems = await lookAtZone(context, end);
  return problems.map(({ severity, cause }) => ({
    check: 'challenge-name',
    severity,
    method,
    cause: `${shown} is a CNAME to ${end.replace(/\.$/, '')}, which leads nowhere good: ${cause}`,
    cure: `Mend the target, or remove the CNAME record at ${shown}.`,
  }));
}

/** Link by link: then the failure of the whole chain is no accident of one server. */
async function loops({ resolver }: PreflightContext, name: string): Promise<boolean> {
  const seen = new Set<string>();
  for (let at = canonicalName(name); !seen.has(at); ) {
    seen.add(at);
    const { answers } = await resolver.query(at, 'CNAME').catch(() => ({ answers: [] }));
    const link = answers.find((record) => record.type === 'CNAME' && sameName(record.name, at));
    if (link?.type !== 'CNAME' || seen.size > maxLinks) return false;
    at = canonicalName(link.target);
  }
  return true;
}

/** undefined when it depends on an account that is not known. */
function challengeName(name: string, method: ChallengeType, accountUrl: string | undefined): string | undefined {
  if (method === 'dns-persist-01') return `_validation-persist.${name}.`;
  if (method === 'dns-01') return `_acme-challenge.${name}.`;
  return accountUrl === undefined ? undefined : `${dnsAccount01Label(accountUrl)}._acme-challenge.${name}.`;
}
