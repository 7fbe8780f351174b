/** Asking the CA when to renew, when its last answer is due to be asked for again (RFC 9773 §4.3). */
import { messageOf } from '../core/index.ts';
import type { EngineContext } from './context.ts';
import { advise, adviseNothing, loadAdvice, type RenewalAdvice, saveAdvice } from './renewal-info.ts';
import type { CertificateSpec, IssuerSpec } from './spec.ts';
import type { StoredCertificate } from './stores.ts';

/** What the CA suggests for the stored certificate: from the state while it holds, else from the CA. Never fails. */
export async function adviceOn(
  context: EngineContext,
  spec: CertificateSpec,
  stored: StoredCertificate,
): Promise<RenewalAdvice | undefined> {
  const { certId, notAfter } = stored.facts;
  const now = context.ports.clock.now();
  const issuer = issuerOf(spec, stored);
  if (!spec.renewal.ari || certId === undefined || issuer === undefined || notAfter <= now) return undefined;
  const known = await loadAdvice(context.stores.state, spec.name, certId);
  if (known !== undefined && known.askAt > now) return known;
  const advice = await ask(context, spec, issuer, certId, known);
  await saveAdvice(context.stores.state, spec.name, advice).catch(() => undefined);
  return advice;
}

/** Only the CA that issued it knows the certificate; of a stranger's the first configured one is asked. */
function issuerOf(spec: CertificateSpec, { requested }: StoredCertificate): IssuerSpec | undefined {
  if (requested === undefined) return spec.issuers[0];
  return spec.issuers.find(({ directory }) => directory === requested.directory);
}

async function ask(
  context: EngineContext,
  spec: CertificateSpec,
  issuer: IssuerSpec,
  certId: string,
  known: RenewalAdvice | undefined,
): Promise<RenewalAdvice> {
  const { ports, events, signal } = context;
  try {
    const client = await context.clients.for(issuer);
    const answer = await client.fetchRenewalInfo(certId, signal);
    const advice = advise(known, certId, answer, ports.clock.now(), ports.random.fork(`renewal-info ${spec.name}`));
    if (answer.explanationUrl !== undefined && answer.explanationUrl !== known?.explanationUrl) {
      events({
        type: 'warning',
        message: `${spec.name}: the CA explains its renewal window at ${answer.explanationUrl}`,
      });
    }
    return advice;
  } catch (error) {
    signal.throwIfAborted();
    events({ type: 'renewal-info.failed', certificate: spec.name, reason: messageOf(error) });
    return adviseNothing(known, certId, ports.clock.now());
  }
}
