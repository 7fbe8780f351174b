import { type Context, Hono } from 'hono';
import { messageOf } from '../core/index.ts';
import { accountOrders, accountResource, newAccount } from './accounts.ts';
import { authorizationResource } from './authorizations.ts';
import { certificateResource } from './certificates.ts';
import { challengeResource } from './challenges.ts';
import type { CaContext } from './context.ts';
import { directory } from './directory.ts';
import { finalize } from './issuance.ts';
import { changeKey } from './key-change.ts';
import { newOrder, orderResource } from './orders.ts';
import { CaProblem, notFound } from './problem.ts';
import { renewalInfo } from './renewal-info.ts';
import { problemReply, type Reply, toResponse } from './reply.ts';
import { type AccountCall, authenticate, type Location, requireAccount, type SignedCall } from './request.ts';
import { revokeCertificate } from './revocation.ts';
import { agreeToTerms, showTerms } from './terms.ts';

type OpenHandler = (
  ca: CaContext,
  location: Location,
  request: Request,
) => Reply | Response | Promise<Reply | Response>;

interface Route {
  readonly path: string;
  readonly GET?: OpenHandler;
  readonly POST?: OpenHandler;
}

/** Requests that may bring their own key. */
function signed(handler: (ca: CaContext, call: SignedCall) => Reply | Promise<Reply>): OpenHandler {
  return async (ca, location, request) => handler(ca, await authenticate(ca, request, location));
}

/** Requests of an account. */
function byAccount(handler: (ca: CaContext, call: AccountCall) => Reply | Promise<Reply>): OpenHandler {
  return signed((ca, call) => handler(ca, requireAccount(call)));
}

const routes: readonly Route[] = [
  { path: '/directory', GET: directory },
  { path: '/new-nonce', GET: newNonce, POST: byAccount(() => ({ status: 204 })) },
  { path: '/new-account', POST: signed(newAccount) },
  { path: '/account/:id', POST: byAccount(accountResource) },
  { path: '/account/:id/orders', POST: byAccount(accountOrders) },
  { path: '/new-order', POST: byAccount(newOrder) },
  { path: '/order/:id', POST: byAccount(orderResource) },
  { path: '/order/:id/finalize', POST: byAccount(finalize) },
  { path: '/authorization/:id', POST: byAccount(authorizationResource) },
  { path: '/challenge/:id', POST: byAccount(challengeResource) },
  { path: '/certificate/:id', POST: byAccount(certificateResource) },
  { path: '/certificate/:id/alternate/:alternate{[1-9][0-9]*}', POST: byAccount(certificateResource) },
  { path: '/key-change', POST: byAccount(changeKey) },
  { path: '/revoke-cert', POST: signed(revokeCertificate) },
  { path: '/terms/:token', GET: showTerms, POST: agreeToTerms },
];

const renewalRoute: Route = { path: '/renewal-info/:certId', GET: renewalInfo };

/** The CA as one function from request to response. It never rejects. */
export function createRouter(ca: CaContext): (request: Request) => Promise<Response> {
  const app = new Hono().basePath(new URL(ca.urls.base).pathname);
  for (const route of ca.settings.renewalInfo ? [...routes, renewalRoute] : routes) addRoute(app, ca, route);
  app.notFound(() => toResponse(ca, problemReply(notFound('resource'))));
  app.onError((error) => toResponse(ca, problemReply(toProblem(ca, error))));
  return async (request) => {
    try {
      return await app.fetch(request);
    } catch (error) {
      return toResponse(ca, problemReply(toProblem(ca, error)));
    }
  };
}

function addRoute(app: Hono, ca: CaContext, route: Route): void {
  const { path, GET, POST } = route;
  const run = (handler: OpenHandler) => async (context: Context) => {
    const location: Location = { params: context.req.param(), query: new URL(context.req.url).searchParams };
    const reply = await handler(ca, location, context.req.raw);
    return reply instanceof Response ? reply : toResponse(ca, reply);
  };
  if (GET !== undefined) app.get(path, run(GET));
  if (POST !== undefined) app.post(path, run(POST));
  const allow = [GET === undefined ? [] : ['GET', 'HEAD'], POST === undefined ? [] : ['POST']].flat().join(', ');
  app.all(path, (context) => {
    throw new CaProblem('malformed', `${context.req.method} is not possible here, only ${allow}`, {
      status: 405,
      headers: { allow },
    });
  });
}

/** RFC 8555 §7.2. */
function newNonce(_ca: CaContext, _location: Location, request: Request): Reply {
  return { status: request.method === 'HEAD' ? 200 : 204 };
}

function toProblem(ca: CaContext, error: unknown): CaProblem {
  if (error instanceof CaProblem) return error;
  ca.ports.log.error('A request broke off', { reason: messageOf(error) });
  return new CaProblem('serverInternal', 'The server made a mistake; its log says more');
}
