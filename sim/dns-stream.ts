import { type ByteStream, EversealError, type ServeDnsOptions } from '../src/core/index.ts';
import { connectionReset, type Endpoint } from './endpoint.ts';
import type { SimProcess } from './process.ts';

/** A TCP connection to a DNS server: each message has two octets of length before it (RFC 1035 §4.2.2). */
export class DnsStream implements ByteStream {
  readonly #process: SimProcess;
  readonly #endpoint: Endpoint;
  readonly #handler: ServeDnsOptions['handler'];
  readonly #received: Uint8Array[] = [];
  readonly #forget: () => void;
  #sent = Buffer.alloc(0);
  #state: 'open' | 'closed' | 'reset' = 'open';
  #wake: () => void = () => undefined;

  constructor(process: SimProcess, endpoint: Endpoint, handler: ServeDnsOptions['handler']) {
    this.#process = process;
    this.#endpoint = endpoint;
    this.#handler = handler;
    this.#forget = endpoint.whenClosed(() => this.#end('reset'));
  }

  async read(signal?: AbortSignal): Promise<Uint8Array | undefined> {
    signal?.throwIfAborted();
    return this.#process.step(async () => {
      while (this.#received.length === 0 && this.#state === 'open') await this.#news(signal);
      if (this.#received.length === 0 && this.#state === 'reset') throw this.#failure();
      return this.#received.shift();
    });
  }

  async write(data: Uint8Array): Promise<void> {
    if (this.#state === 'closed') throw new EversealError('connection-reset', 'The connection is closed');
    if (this.#state === 'reset') throw this.#failure();
    const own = data.slice();
    await this.#process.effect({ what: 'net.write', work: async () => this.#take(own) });
  }

  async close(): Promise<void> {
    this.#end('closed');
  }

  #take(data: Uint8Array): void {
    this.#sent = Buffer.concat([this.#sent, data]);
    while (this.#sent.length >= 2 && this.#sent.length >= 2 + this.#sent.readUInt16BE(0)) {
      const end = 2 + this.#sent.readUInt16BE(0);
      const message = new Uint8Array(this.#sent.subarray(2, end));
      this.#sent = this.#sent.subarray(end);
      this.#endpoint
        .ask(() => this.#handler(message, 'tcp'))
        .then(
          (answer) => this.#answer(answer),
          () => undefined,
        );
    }
  }

  #answer(answer: Uint8Array | undefined): void {
    if (answer === undefined || this.#state !== 'open') return;
    const length = Buffer.alloc(2);
    length.writeUInt16BE(answer.length);
    this.#received.push(new Uint8Array(Buffer.concat([length, answer])));
    this.#notify();
  }

  #end(state: 'closed' | 'reset'): void {
    if (this.#state !== 'open') return;
    this.#state = state;
    this.#forget();
    this.#notify();
  }

  #notify(): void {
    this.#process.world.scheduler.touch();
    this.#wake();
  }

  #news(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  #failure(): EversealError {
    return connectionReset(this.#endpoint.machine.name, this.#endpoint.port);
  }
}
