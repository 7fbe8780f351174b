const shown = '[redacted]';

/** Node's `inspect.custom`, which is documented to be this: `node:util` itself loads sockets since Node 24. */
const inspectCustom: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/**
 * A text that must not show: private keys, EAB MAC keys, credentials. Printing, logging, inspecting or serialising it
 * gives `[redacted]`; `reveal()` is the one way to the value.
 *
 * @example
 * ```ts
 * import { Secret } from 'everseal/core';
 * const mac = new Secret('c2VjcmV0');
 * console.log(`${mac}`, JSON.stringify({ mac })); // [redacted] {"mac":"[redacted]"}
 * ```
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspectCustom](): string {
    return shown;
  }
}
