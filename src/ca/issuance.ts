/** From a signing request to a certificate (RFC 8555 §7.4). */
import * as v from 'valibot';
import {
  EversealError,
  fromBase64Url,
  identifierKey,
  isBase64Url,
  isWildcard,
  type KeyAlgorithm,
  keyAlgorithmOf,
  messageOf,
  sameIdentifiers,
  toBase64Url,
} from '../core/index.ts';
import { type Csr, readCsr } from '../pki/index.ts';
import type { CaContext } from './context.ts';
import { failOrder, settleOrder } from './lifecycle.ts';
import { showOrder } from './orders.ts';
import { readPayload } from './payload.ts';
import { CaProblem } from './problem.ts';
import type { OrderRecord } from './records.ts';
import type { Reply } from './reply.ts';
import { type AccountCall, requireOwner } from './request.ts';
import { requireCurrentTerms } from './terms.ts';
import { thumbprint } from './thumbprint.ts';

const finalizePayload = v.object({ csr: v.string() });

const certificateKeys: readonly (KeyAlgorithm | undefined)[] = [
  'EC256',
  'EC384',
  'EC521',
  'RSA2048',
  'RSA3072',
  'RSA4096',
  'Ed25519',
];

/** At most this long before its making a certificate begins, for clients whose clock is a little behind. */
const maxBackdateMs = 60_000;

/** The order stays `ready` when the request is refused. */
export async function finalize(ca: CaContext, call: AccountCall): Promise<Reply> {
  const order = ca.ledger.order(call.params.id ?? '');
  requireOwner(call, order.account, 'order');
  requireCurrentTerms(ca, call.account);
  settleOrder(ca, order);
  if (order.status !== 'ready') throw new CaProblem('orderNotReady', `The order is ${order.status}, not ready`);
  const csr = checkCsr(ca, order, readRequest(readPayload(finalizePayload, call.payload, 'finalize request').csr));

  order.status = 'processing';
  const delay = ca.settings.finalizeDelayMs;
  if (delay === undefined) {
    await issue(ca, order, csr);
    return showOrder(ca, order);
  }
  ca.background.start(`Issuance for order ${order.id}`, async () => {
    await ca.ports.clock.sleep(delay);
    await issue(ca, order, csr);
  });
  return showOrder(ca, order);
}

function readRequest(text: string): Csr {
  if (!isBase64Url(text)) throw new CaProblem('malformed', 'The csr is not base64url of DER without padding');
  try {
    return readCsr(fromBase64Url(text));
  } catch (error) {
    if (error instanceof EversealError) throw badCsr(error.message);
    throw error;
  }
}

function checkCsr(ca: CaContext, order: OrderRecord, csr: Csr): Csr {
  const algorithm = keyAlgorithmOf(csr.publicKey);
  if (!certificateKeys.includes(algorithm)) {
    throw badCsr(`its key is not one of ${certificateKeys.join(', ')}`);
  }
  if (csr.emails.length > 0) throw badCsr('it asks for mail addresses');
  if (!sameIdentifiers(csr.identifiers, order.identifiers)) throw badCsr(difference(csr, order));
  if (ca.ledger.accountByThumbprint(thumbprint(csr.publicKey)) !== undefined) {
    throw badCsr('its key is the key of an account (RFC 8555 §11.1)');
  }
  return csr;
}

function difference(csr: Csr, order: OrderRecord): string {
  const asked = new Set(csr.identifiers.map(identifierKey));
  const ordered = new Set(order.identifiers.map(identifierKey));
  const missing = [...ordered].filter((key) => !asked.has(key));
  const extra = [...asked].filter((key) => !ordered.has(key));
  const parts = [
    missing.length === 0 ? [] : [`it lacks ${missing.join(', ')}`],
    extra.length === 0 ? [] : [`it has ${extra.join(', ')}, which the order does not`],
  ];
  return parts.flat().join('; ');
}

async function issue(ca: CaContext, order: OrderRecord, csr: Csr): Promise<void> {
  try {
    const validity = validityOf(order, ca.ports.clock.now());
    const made = await ca.authority.issue({
      commonName: commonNameFor(order),
      identifiers: order.identifiers,
      publicKey: csr.publicKey,
      mustStaple: csr.mustStaple,
      ...validity,
    });
    order.certificate = {
      id: ca.newId(),
      ...made,
      publicKey: csr.publicKey,
      account: order.account,
      identifiers: order.identifiers,
      certId: `${toBase64Url(ca.authority.keyId)}.${toBase64Url(Buffer.from(made.serial, 'hex'))}`,
      ...validity,
      revocation: undefined,
      replacedBy: undefined,
    };
    ca.ledger.addCertificate(order.certificate);
    order.status = 'valid';
  } catch (error) {
    ca.ports.log.error('A certificate could not be made', { order: order.id, reason: messageOf(error) });
    failOrder(order, new CaProblem('serverInternal', 'The certificate could not be made'));
  }
}

/** Whole seconds, as X.509 has them. */
function validityOf(order: OrderRecord, now: Date): { readonly notBefore: Date; readonly notAfter: Date } {
  const { validityMs } = order.profile;
  const notBefore = order.notBefore ?? new Date(now.getTime() - Math.min(maxBackdateMs, validityMs / 10));
  const notAfter = order.notAfter ?? new Date((order.notBefore ?? now).getTime() + validityMs);
  return { notBefore: wholeSeconds(notBefore), notAfter: wholeSeconds(notAfter) };
}

function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}

/** At most 64 characters (RFC 5280 appendix A.1). */
function commonNameFor(order: OrderRecord): string | undefined {
  if (!order.profile.promoteCommonName) return undefined;
  return order.identifiers.find(
    (identifier) => identifier.type === 'dns' && !isWildcard(identifier) && identifier.value.length <= 64,
  )?.value;
}

function badCsr(why: string): CaProblem {
  return new CaProblem('badCSR', `The signing request cannot be accepted: ${why}`);
}
