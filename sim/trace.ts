/** What happened, in lines that a person can follow. */
import { printable } from '../src/core/index.ts';

export interface TraceLine {
  /** Virtual milliseconds since the world began. */
  readonly at: number;
  /** The process, machine or `world` it happened to. */
  readonly who: string;
  readonly what: string;
}

/**
 * The diary of a world. It holds names, methods, statuses and codes, never contents: no secret can get in by the world's
 * own hand, and what the product logs is checked by `World.leaks()`. Signatures, certificates and sizes that depend on
 * them stay out too, so that two runs of one seed have the same diary.
 */
export class Trace {
  readonly lines: TraceLine[] = [];
  readonly #elapsed: () => number;

  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  add(who: string, what: string): void {
    this.lines.push({ at: this.#elapsed(), who, what });
  }

  /** The last `count` lines, aligned. */
  render(count = this.lines.length): string {
    const shown = this.lines.slice(-count);
    const width = Math.max(0, ...shown.map((line) => line.who.length));
    const skipped = this.lines.length - shown.length;
    const head = skipped > 0 ? [`… ${skipped} lines before`] : [];
    return [...head, ...shown.map((line) => renderLine(line, width))].join('\n');
  }
}

function renderLine(line: TraceLine, width: number): string {
  return `${formatElapsed(line.at).padStart(16)}  ${line.who.padEnd(width)}  ${printable(line.what, 300)}`;
}

/** `1d 02:03:04.567`. */
export function formatElapsed(ms: number): string {
  const seconds = ms / 1000;
  const days = Math.floor(seconds / 86_400);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const clock = `${two((seconds / 3600) % 24)}:${two((seconds / 60) % 60)}:${(seconds % 60).toFixed(3).padStart(6, '0')}`;
  return days > 0 ? `${days}d ${clock}` : clock;
}
