import type { Identifier } from './identifier.ts';

/** What happens while certificates are made, for progress, logs, metrics and tests. No event carries a secret. */
export type EversealEvent =
  | {
      readonly type: 'acme.request';
      readonly method: string;
      readonly url: string;
      readonly status: number;
      readonly ms: number;
    }
  | { readonly type: 'account.registered'; readonly account: string; readonly url: string }
  | { readonly type: 'account.recovered'; readonly account: string; readonly url: string }
  | { readonly type: 'order.created'; readonly certificate: string; readonly url: string }
  | { readonly type: 'order.resumed'; readonly certificate: string; readonly url: string }
  | { readonly type: 'order.given-up'; readonly certificate: string; readonly url: string }
  | {
      readonly type: 'challenge.presented';
      readonly certificate: string;
      readonly identifier: Identifier;
      readonly challenge: string;
    }
  | {
      readonly type: 'challenge.failed';
      readonly certificate: string;
      readonly identifier: Identifier;
      readonly challenge: string;
      readonly reason: string;
    }
  /** Names that could not be proved and are left out (partial issuance). */
  | {
      readonly type: 'names.omitted';
      readonly certificate: string;
      readonly identifiers: readonly Identifier[];
      readonly reason: string;
    }
  | { readonly type: 'order.validated'; readonly certificate: string }
  | { readonly type: 'order.finalized'; readonly certificate: string }
  | { readonly type: 'certificate.stored'; readonly certificate: string; readonly notAfter: Date }
  | { readonly type: 'certificate.kept'; readonly certificate: string; readonly until: Date; readonly because: string }
  | { readonly type: 'certificate.failed'; readonly certificate: string; readonly reason: string }
  | { readonly type: 'renewal-info.failed'; readonly certificate: string; readonly reason: string }
  | { readonly type: 'waiting'; readonly what: string; readonly ms: number }
  | { readonly type: 'warning'; readonly message: string };

export type EventSink = (event: EversealEvent) => void;
