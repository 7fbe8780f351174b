/** Records written by a web server of the user's. */
import { EversealError, printable } from '../core/index.ts';
import type { DnsProvider, ProviderContext, TxtRecord } from '../dns/index.ts';
import {
  basic,
  below,
  exchange,
  type ExchangeOptions,
  exchangeTools,
  parseEndpoint,
  refusal,
  StatusError,
} from './http-exchange.ts';
import { RecordCalls, type Verb } from './record-calls.ts';

const mostAtOnce = 16;
/** They speak of the request as such, not of the record in it. */
const hopeless = new Set([401, 403, 404, 405]);

/** @throws EversealError `usage` for an endpoint that is no URL; nothing is sent yet */
export function openHttpReq(context: ProviderContext): DnsProvider {
  const { settings, ports } = context;
  const parallel = settings.flag('HTTPREQ_PARALLEL', false);
  const server = new RecordServer(context);
  const calls = new RecordCalls({
    call: (verb, record, signal) => server.call(verb, record, signal),
    isOfOneRecord: (error) => error instanceof StatusError && !hopeless.has(error.status),
    clock: ports.clock,
    atOnce: parallel ? mostAtOnce : 1,
    pauseMs: 0,
  });
  return {
    code: 'httpreq',
    zones: 'not-needed',
    values: 'many',
    timing: {
      timeoutMs: settings.milliseconds('HTTPREQ_PROPAGATION_TIMEOUT', 60),
      intervalMs: settings.milliseconds('HTTPREQ_POLLING_INTERVAL', 2),
    },
    locks: () => (parallel ? [] : [{ key: `httpreq:${server.address}`, hold: 'write' }]),
    add: (records, signal) => calls.present(records, signal),
    remove: (items, signal) => {
      const records = items.map(({ record }) => record);
      return calls.cleanup(records, signal);
    },
  };
}

class RecordServer {
  readonly #endpoint: URL;
  readonly #options: ExchangeOptions;
  readonly #authorization: string | undefined;
  readonly #bodyOf: (record: TxtRecord) => unknown;

  constructor(context: ProviderContext) {
    const { settings } = context;
    const tools = exchangeTools(context, 'httpreq');
    const { url, authorization } = parseEndpoint('HTTPREQ_ENDPOINT', settings.text('HTTPREQ_ENDPOINT') ?? '', tools);
    const username = settings.text('HTTPREQ_USERNAME');
    const password = settings.secret('HTTPREQ_PASSWORD')?.reveal();
    if (password !== undefined) tools.redaction.learn(password);
    const isGiven = username !== undefined && password !== undefined;
    this.#endpoint = url;
    this.#options = { ...tools, title: 'httpreq', timeoutMs: settings.milliseconds('HTTPREQ_HTTP_TIMEOUT', 30) };
    this.#authorization = isGiven ? basic(username, password, tools.redaction) : authorization;
    this.#bodyOf = bodyForm(context);
  }

  /** Without the query, which may hold a key. */
  get address(): string {
    return `${this.#endpoint.origin}${this.#endpoint.pathname}`;
  }

  async call(verb: Verb, record: TxtRecord, signal: AbortSignal): Promise<void> {
    const request = {
      method: 'POST',
      url: below(this.#endpoint, verb),
      json: this.#bodyOf(record),
      ...(this.#authorization !== undefined && { headers: { authorization: this.#authorization } }),
    } as const;
    const reply = await exchange(this.#options, request, signal);
    if (reply.status < 200 || reply.status > 299) throw refusal(this.#options, request, reply);
  }
}

function bodyForm({ settings, events }: ProviderContext): (record: TxtRecord) => unknown {
  const mode = settings.text('HTTPREQ_MODE') ?? '';
  if (mode === 'RAW') return rawBody;
  if (mode !== '') {
    const message = `httpreq: HTTPREQ_MODE=${printable(mode)} is not RAW: the server gets name and value`;
    events({ type: 'warning', message });
  }
  return ({ name, value }) => ({ fqdn: name, value });
}

function rawBody({ name, challenge }: TxtRecord): unknown {
  if (challenge === undefined)
    throw new EversealError(
      'usage',
      `httpreq: HTTPREQ_MODE=RAW needs a challenge, and ${name} is to hold a plain value`,
      {
        next: 'Unset HTTPREQ_MODE for this, or use another DNS provider.',
      },
    );
  const { domain, token, keyAuthorization } = challenge;
  return { domain, token, keyAuth: keyAuthorization };
}
