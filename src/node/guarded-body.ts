/**
 * A response whose body cannot fail: when it breaks, `broke` is called (to cut the connection off) and the body just
 * ends. What fits into one piece gets a Content-Length.
 */
export async function guardBody(response: Response, broke: (error: unknown) => void): Promise<Response> {
  if (response.body === null) return response;
  const source = new GuardedReader(response.body.getReader(), broke);
  const first = await source.read();
  const second = source.read();
  const isWhole = first === undefined || (await Promise.race([second, soon()])) === undefined;
  const headers = new Headers(response.headers);
  if (isWhole && !source.broken) headers.set('content-length', String(first?.length ?? 0));
  const { status, statusText } = response;
  return new Response(isWhole ? first : bodyOf(source, [first, second]), { status, statusText, headers });
}

/** A few turns of the event loop: enough for a body that is all there. */
async function soon(): Promise<'later'> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  return 'later';
}

function bodyOf(
  source: GuardedReader,
  begun: (Uint8Array | undefined | Promise<Uint8Array | undefined>)[],
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const piece = await (begun.length > 0 ? begun.shift() : source.read());
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
    cancel: (reason) => source.cancel(reason),
  });
}

class GuardedReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #broke: (error: unknown) => void;
  broken = false;

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>, broke: (error: unknown) => void) {
    this.#reader = reader;
    this.#broke = broke;
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      return (await this.#reader.read()).value;
    } catch (error) {
      this.broken = true;
      this.#broke(error);
      return undefined;
    }
  }

  async cancel(reason: unknown): Promise<void> {
    await this.#reader.cancel(reason).catch(() => undefined);
  }
}
