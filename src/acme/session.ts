import type { Clock, EventSink, Signer } from '../core/index.ts';
import type { DirectorySource } from './directory-source.ts';
import type { Reply } from './reply.ts';
import type { RepetitionPolicy } from './request-repetition.ts';
import type { Transport } from './transport.ts';

/** What every handle of one client shares. */
export interface ClientContext {
  readonly transport: Transport;
  readonly directory: DirectorySource;
  readonly clock: Clock;
  readonly concurrency: number;
  readonly directoryUrl: string;
  readonly events: EventSink | undefined;
}

export interface PostOptions {
  readonly accept?: string | undefined;
  readonly policy?: RepetitionPolicy | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An account's way to speak: requests signed by its key under its URL (RFC 8555 §6.2). */
export class AccountSession {
  readonly context: ClientContext;
  readonly signer: Signer;
  /** The account URL, byte for byte: the `kid`. */
  readonly url: string;

  constructor(context: ClientContext, signer: Signer, url: string) {
    this.context = context;
    this.signer = signer;
    this.url = url;
  }

  /** POST-as-GET (RFC 8555 §6.3). */
  fetch(url: string, options: PostOptions = {}): Promise<Reply> {
    return this.post(url, '', options);
  }

  /** @throws AcmeProblemError when the server refuses */
  post(url: string, payload: object | '', options: PostOptions = {}): Promise<Reply> {
    return this.context.transport.post({ url, payload, key: { signer: this.signer, kid: this.url }, ...options });
  }

  /** A POST to a resource of the directory, which is fetched again when nothing is there. */
  async postTo(
    name: 'newOrder' | 'revokeCert' | 'keyChange',
    payload: (url: string) => Promise<object>,
    options: PostOptions = {},
  ): Promise<Reply> {
    const { transport, directory } = this.context;
    const key = { signer: this.signer, kid: this.url };
    const reply = await directory.use(name, options.signal, async (url) =>
      transport.send({ url, payload: await payload(url), key, ...options }),
    );
    return transport.accept(reply);
  }
}
