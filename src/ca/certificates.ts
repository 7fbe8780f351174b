import type { CaContext } from './context.ts';
import { notFound } from './problem.ts';
import type { Reply } from './reply.ts';
import { type AccountCall, requireEmptyPayload, requireOwner } from './request.ts';

/** RFC 8555 §7.4.2: the certificate and its intermediate, without the root; `Link rel="alternate"` to the other chains. */
export function certificateResource(ca: CaContext, call: AccountCall): Reply {
  const certificate = ca.ledger.certificate(call.params.id ?? '');
  requireOwner(call, certificate.account, 'certificate');
  requireEmptyPayload(call);
  const chosen = Number(call.params.alternate ?? 0);
  const intermediate = ca.authority.intermediates[chosen];
  if (intermediate === undefined) throw notFound('chain');
  const others = [...ca.authority.intermediates.keys()].filter((index) => index !== chosen);
  return {
    status: 200,
    contentType: 'application/pem-certificate-chain',
    body: certificate.pem + intermediate,
    links: others.map((index) => ({ url: ca.urls.certificate(certificate.id, index), rel: 'alternate' })),
  };
}
