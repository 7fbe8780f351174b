import { createHash } from 'node:crypto';

/** Leaves room for what is put before and after: most file systems stop at 255 octets. */
const longest = 160;

/** Names that Windows keeps for devices, whatever their extension. */
const device = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/;

/**
 * Any text as one safe file name: no separators, no `.` or `..`, no hidden file, no reserved device, the same on disks
 * that ignore case. Different texts give different names (long ones by their SHA-256).
 *
 * @example
 * ```ts
 * import { fileNameOf } from 'everseal/store';
 * console.log(fileNameOf('certificate/*.example.com')); // certificate%2f%2a.example.com
 * ```
 */
export function fileNameOf(text: string): string {
  const escaped = [...Buffer.from(text, 'utf8')].map(escapeOctet).join('');
  const safe = escaped.replace(/^\./, '%2e').replace(/\.$/, '%2e');
  const named = device.test(safe) ? `%${safe.charCodeAt(0).toString(16)}${safe.slice(1)}` : safe;
  if (named !== '' && named.length <= longest) return named;
  const hash = createHash('sha256').update(text, 'utf8').digest('hex');
  return `${named.slice(0, longest - 65).replace(/%.?$/, '')}~${hash}`;
}

function escapeOctet(octet: number): string {
  const character = String.fromCharCode(octet);
  return /[a-z0-9._-]/.test(character) ? character : `%${octet.toString(16).padStart(2, '0')}`;
}

/** The last part of a path. Both separators of Windows count. */
export function baseOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
