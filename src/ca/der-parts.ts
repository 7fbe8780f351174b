/** The elements that follow each other in DER (X.690 §8.1), read apart from the library that clients use. */
export interface DerPart {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** Empty when the octets are not DER of single-octet tags. */
export function derParts(data: Uint8Array): readonly DerPart[] {
  const parts: DerPart[] = [];
  let at = 0;
  while (at < data.length) {
    const tag = data[at] ?? 0;
    const first = data[at + 1] ?? 0xff;
    const extra = first < 0x80 ? 0 : first & 0x7f;
    if (extra > 3) return [];
    const start = at + 2 + extra;
    const length = extra === 0 ? first : lengthOf(data.subarray(at + 2, start));
    if (start + length > data.length) return [];
    parts.push({ tag, content: data.subarray(start, start + length) });
    at = start + length;
  }
  return parts;
}

function lengthOf(octets: Uint8Array): number {
  return octets.reduce((sum, octet) => sum * 256 + octet, 0);
}
