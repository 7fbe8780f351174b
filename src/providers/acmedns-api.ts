/** The API of an acme-dns server (https://github.com/joohoi/acme-dns#api). */
import { EversealError, parseIpAddress, printable } from '../core/index.ts';
import type { ProviderContext } from '../dns/index.ts';
import { type AcmeDnsAccount, parseAccount } from './acmedns-account.ts';
import {
  below,
  exchange,
  type ExchangeOptions,
  type ExchangeTools,
  mayPass,
  parseEndpoint,
  refusal,
  StatusError,
} from './http-exchange.ts';

export class AcmeDnsApi {
  readonly #options: ExchangeOptions;
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #networks: readonly string[];

  /** @throws EversealError `usage` for an address or networks that make no sense; nothing is sent yet */
  constructor({ settings }: Pick<ProviderContext, 'settings'>, tools: ExchangeTools) {
    const base = settings.text('ACME_DNS_API_BASE') ?? '';
    const { url, authorization } = parseEndpoint('ACME_DNS_API_BASE', base, tools);
    this.#base = url;
    this.#headers = authorization === undefined ? {} : { authorization };
    this.#options = {
      ...tools,
      title: 'acme-dns',
      timeoutMs: settings.milliseconds('ACME_DNS_HTTP_TIMEOUT', 30),
    };
    this.#networks = readNetworks(settings.text('ACME_DNS_ALLOWLIST') ?? '');
  }

  /** A new account, which is known to nobody but the caller: store it. */
  async register(signal: AbortSignal): Promise<AcmeDnsAccount> {
    const request = {
      method: 'POST',
      url: below(this.#base, 'register'),
      headers: this.#headers,
      ...(this.#networks.length > 0 && { json: { allowfrom: this.#networks } }),
    } as const;
    const reply = await exchange(this.#options, request, signal);
    if (reply.status !== 201 && reply.status !== 200) throw refusal(this.#options, request, reply);
    const account = parseAccount(reply.text);
    if (account !== undefined) return { ...account, serverUrl: this.#base.href.replace(/\/$/, '') };
    throw new EversealError('bad-reply', `acme-dns: ${this.#base.host} registered an account that lacks something`, {
      next: 'Check that ACME_DNS_API_BASE is the address of an acme-dns server.',
    });
  }

  /** The value takes the place of the older of the two that the account holds. */
  async update(account: AcmeDnsAccount, value: string, signal: AbortSignal): Promise<void> {
    this.#options.redaction.learn(account.password.reveal());
    const request = {
      method: 'POST',
      url: below(this.#base, 'update'),
      headers: { ...this.#headers, 'x-api-user': account.username, 'x-api-key': account.password.reveal() },
      json: { subdomain: account.subdomain, txt: value },
    } as const;
    const reply = await exchange(this.#options, request, signal);
    if (reply.status === 200) return;
    const error = refusal(this.#options, request, reply);
    throw reply.status === 401 || reply.status === 403 ? this.#unknownAccount(error, account) : error;
  }

  /** Whether the failure may be gone a moment later. */
  mayPass(error: unknown): boolean {
    return mayPass(error);
  }

  #unknownAccount(error: StatusError, { fullDomain, serverUrl }: AcmeDnsAccount): StatusError {
    const from = serverUrl === '' ? '' : `, which was registered at ${printable(serverUrl)}`;
    return new StatusError(
      error.status,
      `${error.message} (account ${printable(fullDomain)}${from})`,
      'Check that ACME_DNS_API_BASE is the server of the stored account, and that this machine is in its allowed networks.',
    );
  }
}

/** CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3). */
function readNetworks(text: string): readonly string[] {
  const networks = text.split(',').map((network) => network.trim());
  return networks.filter((network) => network !== '').map(checkedNetwork);
}

/** The server drops what it cannot read, and then lets everybody in. */
function checkedNetwork(network: string): string {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(network) ?? [];
  const octets = parseIpAddress(address);
  if (octets !== undefined && length !== '' && Number(length) <= octets.length * 8) return network;
  throw new EversealError('usage', `acme-dns: ACME_DNS_ALLOWLIST: "${printable(network, 60)}" is no network`, {
    next: 'Write networks as 192.0.2.0/24 and 2001:db8::/32, separated by commas.',
  });
}
