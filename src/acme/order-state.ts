/** The order object (RFC 8555 §7.1.3) and the ways its status may go (§7.1.6). */
import * as v from 'valibot';
import { type Identifier, sameIdentifiers } from '../core/index.ts';
import { badServer } from './bad-server.ts';
import { type AcmeProblem, readProblem } from './problem.ts';
import type { Reply } from './reply.ts';
import { serverIdentifier } from './server-identifier.ts';
import { readDate, readServerObject } from './server-json.ts';
import { serverUrl } from './server-url.ts';

export const orderStatuses = ['pending', 'ready', 'processing', 'valid', 'invalid'] as const;
export type OrderStatus = (typeof orderStatuses)[number];

export interface OrderState {
  readonly status: OrderStatus;
  readonly identifiers: readonly Identifier[];
  /** URLs, each once; their number and order say nothing about the identifiers (RFC 8555 §7.1.3). */
  readonly authorizations: readonly string[];
  readonly finalize: string | undefined;
  readonly certificate: string | undefined;
  readonly expires: Date | undefined;
  readonly error: AcmeProblem | undefined;
  readonly profile: string | undefined;
  readonly replaces: string | undefined;
}

const url = v.optional(v.string());
const orderSchema = v.object({
  status: v.picklist(orderStatuses),
  identifiers: v.pipe(v.array(v.object({ type: v.string(), value: v.string() })), v.minLength(1), v.maxLength(1000)),
  authorizations: v.optional(v.pipe(v.array(v.string()), v.maxLength(1000)), []),
  finalize: url,
  certificate: url,
  expires: v.fallback(v.optional(v.string()), undefined),
  error: v.optional(v.unknown()),
  profile: v.optional(v.string()),
  replaces: v.optional(v.string()),
});

/** @throws EversealError `bad-server` */
export function parseOrder(reply: Reply): OrderState {
  const raw = readServerObject(reply, orderSchema, 'The order');
  const link = (value: string | undefined, name: string): string | undefined =>
    value === undefined || value === '' ? undefined : serverUrl(value, `"${name}" of the order`, reply.url);
  const authorizations = raw.authorizations.map((value) =>
    serverUrl(value, 'An authorization of the order', reply.url),
  );
  return {
    status: raw.status,
    identifiers: raw.identifiers.map((value) => orderedIdentifier(value, reply.url)),
    authorizations: [...new Set(authorizations)],
    finalize: link(raw.finalize, 'finalize'),
    certificate: link(raw.certificate, 'certificate'),
    expires: readDate(raw.expires),
    error: raw.error === undefined ? undefined : readProblem(raw.error),
    profile: raw.profile,
    replaces: raw.replaces,
  };
}

/** @throws EversealError `bad-server` unless the order is for exactly these names (RFC 8555 §7.4) */
export function checkIdentifiers(state: OrderState, expected: readonly Identifier[], from: string): void {
  if (sameIdentifiers(state.identifiers, expected)) return;
  const names = (identifiers: readonly Identifier[]): string => identifiers.map(({ value }) => value).join(', ');
  throw badServer('The order', from, `it is for ${names(state.identifiers)} instead of ${names(expected)}`);
}

const rank: Readonly<Record<OrderStatus, number>> = { pending: 0, ready: 1, processing: 2, valid: 3, invalid: 3 };

/** How a newly seen status relates to the one before. Servers may skip states, never go back. */
export function transition(from: OrderStatus, to: OrderStatus): 'same' | 'forward' | 'backward' {
  if (from === to) return 'same';
  return rank[to] > rank[from] ? 'forward' : 'backward';
}

function orderedIdentifier(value: { readonly type: string; readonly value: string }, from: string): Identifier {
  const identifier = serverIdentifier(value);
  if (identifier === undefined)
    throw badServer('The order', from, `the identifier "${value.value}" of type "${value.type}"`);
  return identifier;
}
