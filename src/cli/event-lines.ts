import { formatGoDuration } from '../argv/index.ts';
import { type EversealEvent, printable } from '../core/index.ts';

/** How much a line matters to a person who watches. */
export type EventLevel = 'detail' | 'step' | 'success' | 'warning';

export interface EventLine {
  readonly level: EventLevel;
  readonly text: string;
}

type Lines = {
  readonly [T in EversealEvent['type']]: (event: Extract<EversealEvent, { readonly type: T }>) => EventLine | undefined;
};

/** What is said about each event; nothing about what the summary says at the end anyway. */
const lines: Lines = {
  'acme.request': ({ method, url, status, ms }) => ({
    level: 'detail',
    text: `${method} ${url}: ${status} in ${Math.round(ms)} ms`,
  }),
  'account.registered': ({ account, url }) => step(`Registered the account ${account} (${url})`),
  'account.recovered': ({ account, url }) => step(`Found the account ${account} again (${url})`),
  'order.created': ({ certificate }) => step(`${certificate}: placed the order`),
  'order.resumed': ({ certificate }) => step(`${certificate}: going on with an order of an earlier run`),
  'order.given-up': ({ certificate }) => step(`${certificate}: gave the order up`),
  'challenge.presented': ({ certificate, identifier, challenge }) =>
    step(`${certificate}: ready to prove ${identifier.value} by ${challenge}`),
  'challenge.failed': ({ certificate, identifier, challenge, reason }) =>
    warning(`${certificate}: ${challenge} failed for ${identifier.value}: ${reason}`),
  'names.omitted': ({ certificate, identifiers, reason }) =>
    warning(`${certificate}: going on without ${identifiers.map(({ value }) => value).join(', ')}: ${reason}`),
  'order.validated': ({ certificate }) => step(`${certificate}: the CA has seen the proof`),
  'order.finalized': ({ certificate }) => step(`${certificate}: the CA has issued`),
  'certificate.stored': ({ certificate }) => ({ level: 'success', text: `${certificate}: stored` }),
  'certificate.kept': () => undefined,
  'certificate.failed': () => undefined,
  'renewal-info.failed': ({ certificate, reason }) =>
    warning(`${certificate}: the CA did not say when to renew, so its dates decide: ${reason}`),
  waiting: ({ what, ms }) =>
    ms < 1_000 ? undefined : step(`Waiting ${formatGoDuration(Math.round(ms / 1_000) * 1_000)} for ${what}`),
  warning: ({ message }) => warning(message),
};

/** The line for an event, fit for a terminal, or undefined when there is nothing to say. */
export function eventLine<T extends EversealEvent['type']>(
  event: Extract<EversealEvent, { readonly type: T }>,
): EventLine | undefined {
  const type: T = event.type as T;
  const line = lines[type](event);
  return line === undefined ? undefined : { level: line.level, text: printable(line.text, 1_000) };
}

function step(text: string): EventLine {
  return { level: 'step', text };
}

function warning(text: string): EventLine {
  return { level: 'warning', text };
}
