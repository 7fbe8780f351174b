import { StringDecoder } from 'node:string_decoder';

/** A line is cut here: whatever a program prints, memory stays bounded. */
export const longestLine = 64 * 1024;

/** Cuts a program's output into lines, at `\n` or `\r\n`; what is beyond {@link longestLine} characters is dropped. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #line = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    this.#take(this.#decoder.write(Buffer.from(chunk)));
  }

  /** The last line may lack its end. */
  end(): void {
    this.#take(this.#decoder.end());
    if (this.#line !== '') this.#emit();
  }

  #take(text: string): void {
    const [rest = '', ...lines] = text.split('\n').reverse();
    for (const line of lines.reverse()) {
      this.#add(line);
      this.#emit();
    }
    this.#add(rest);
  }

  /** One more than the longest, so that the `\r` of a longest line can still be told. */
  #add(text: string): void {
    this.#line += text.slice(0, Math.max(0, longestLine + 1 - this.#line.length));
  }

  #emit(): void {
    const line = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line;
    this.#line = '';
    this.#onLine(line.slice(0, longestLine));
  }
}
