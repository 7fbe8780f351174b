/** The textual form of keys and certificates (RFC 7468). */
import { EversealError } from '../core/index.ts';

export interface PemBlock {
  /** What stands after BEGIN: `CERTIFICATE`, `PRIVATE KEY`. */
  readonly label: string;
  readonly der: Uint8Array;
  /** The block's own lines from BEGIN to END, each ended by a line feed. */
  readonly text: string;
}

export interface PemScan {
  readonly blocks: readonly PemBlock[];
  /** Whether there is anything but white space outside the blocks. */
  readonly foreignText: boolean;
}

/** Bundles of roots have some 250 KiB. */
const maximumLength = 1 << 21;

/**
 * One block, with lines of 64 characters (RFC 7468 §2).
 *
 * @example
 * ```ts
 * import { pemEncode } from 'everseal/pki';
 * console.log(pemEncode('CERTIFICATE', Uint8Array.of(48, 0)));
 * ```
 */
export function pemEncode(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der.buffer, der.byteOffset, der.byteLength)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/**
 * All blocks of a text, in order. Text between them is allowed, as RFC 7468 §5.2 has it; line ends may be LF or CRLF.
 *
 * @throws EversealError `bad-certificate` when a block is not closed, not base64, or the text is longer than 2 MiB
 *
 * @example
 * ```ts
 * import { pemBlocks, pemEncode } from 'everseal/pki';
 * const [block] = pemBlocks(`a note\n${pemEncode('X509 CRL', Uint8Array.of(48, 0))}`);
 * console.log(block?.label); // X509 CRL
 * ```
 */
export function pemBlocks(text: string): readonly PemBlock[] {
  return scanPem(text.startsWith('\uFEFF') ? text.slice(1) : text).blocks;
}

/** The blocks, and whether there was anything else. */
export function scanPem(text: string): PemScan {
  if (text.length > maximumLength) throw badPem('it is too long');
  const blocks: PemBlock[] = [];
  let open: { readonly label: string; readonly lines: string[] } | undefined;
  let foreignText = false;
  for (const raw of text.split(/\r?\n/)) {
    const line = withoutTrailingSpace(raw);
    const [, edge, label = ''] = /^-----(BEGIN|END) ([A-Z0-9][A-Z0-9 .#-]{0,63})-----$/.exec(line) ?? [];
    if (open === undefined) {
      if (edge === 'BEGIN') open = { label, lines: [] };
      foreignText ||= edge !== 'BEGIN' && line !== '';
      continue;
    }
    if (edge === undefined) {
      open.lines.push(line);
      continue;
    }
    if (edge === 'BEGIN' || label !== open.label) throw badPem(`a ${open.label} is not closed`);
    blocks.push(closeBlock(open.label, open.lines));
    open = undefined;
  }
  if (open !== undefined) throw badPem(`a ${open.label} is not closed`);
  return { blocks, foreignText };
}

/** In one pass from the end: a regular expression would try again at each space of a stranger's text. */
function withoutTrailingSpace(line: string): string {
  let end = line.length;
  while (end > 0 && ' \t\r'.includes(line.charAt(end - 1))) end--;
  return line.slice(0, end);
}

function closeBlock(label: string, lines: readonly string[]): PemBlock {
  const body = lines.map((line) => line.replace(/^[ \t]+/, '')).join('');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body) || body.length % 4 !== 0) throw badPem(`a ${label} is not base64`);
  const text = [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
  return { label, der: new Uint8Array(Buffer.from(body, 'base64')), text };
}

function badPem(why: string): EversealError {
  return new EversealError('bad-certificate', `The PEM text cannot be read: ${why}`);
}
