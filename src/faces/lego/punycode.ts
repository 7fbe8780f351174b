/**
 * Punycode (RFC 3492), bare: no case mapping and no checks of what a name may hold. lego's file names are made so, where
 * UTS 46 would give other ones.
 */
import { EversealError } from '../../core/index.ts';

const base = 36;
const tMin = 1;
const tMax = 26;
const skew = 38;
const damp = 700;
const firstBias = 72;
const firstCode = 0x80;

/** @throws EversealError `bad-identifier` for text far too long for a label */
export function encodePunycode(label: string): string {
  const points = [...label].map((character) => character.codePointAt(0) ?? 0);
  const basic = points.filter((point) => point < firstCode);
  if (points.length > 1000) throw badPunycode(label);
  let output = String.fromCodePoint(...basic) + (basic.length > 0 ? '-' : '');
  let code = firstCode;
  let delta = 0;
  let bias = firstBias;
  for (let handled = basic.length; handled < points.length; ) {
    const next = Math.min(...points.filter((point) => point >= code));
    delta += (next - code) * (handled + 1);
    code = next;
    for (const point of points) {
      if (point < code) delta += 1;
      if (point !== code) continue;
      output += variableLength(delta, bias);
      bias = adapt(delta, handled + 1, handled === basic.length);
      delta = 0;
      handled += 1;
    }
    delta += 1;
    code += 1;
  }
  return output;
}

/** @throws EversealError `bad-identifier` */
export function decodePunycode(text: string): string {
  const end = text.lastIndexOf('-');
  if (end === 0) throw badPunycode(text);
  const points = [...text.slice(0, Math.max(end, 0))].map((character) => character.codePointAt(0) ?? 0);
  let code = firstCode;
  let index = 0;
  let bias = firstBias;
  for (let at = end + 1; at < text.length; ) {
    const start = index;
    let weight = 1;
    for (let k = base; ; k += base) {
      const digit = digitOf(text.charCodeAt(at));
      if (digit === undefined) throw badPunycode(text);
      at += 1;
      index += digit * weight;
      const t = threshold(k, bias);
      if (digit < t) break;
      weight *= base - t;
      if (!Number.isSafeInteger(index) || !Number.isSafeInteger(weight)) throw badPunycode(text);
    }
    const length = points.length + 1;
    bias = adapt(index - start, length, start === 0);
    code += Math.floor(index / length);
    index %= length;
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw badPunycode(text);
    points.splice(index, 0, code);
    index += 1;
  }
  return points.map((point) => String.fromCodePoint(point)).join('');
}

function variableLength(delta: number, bias: number): string {
  let output = '';
  let rest = delta;
  for (let k = base; ; k += base) {
    const t = threshold(k, bias);
    if (rest < t) return output + letterOf(rest);
    output += letterOf(t + ((rest - t) % (base - t)));
    rest = Math.floor((rest - t) / (base - t));
  }
}

function threshold(k: number, bias: number): number {
  return Math.min(tMax, Math.max(tMin, k - bias));
}

/** RFC 3492 §6.1. */
function adapt(delta: number, points: number, first: boolean): number {
  let rest = first ? Math.floor(delta / damp) : Math.floor(delta / 2);
  rest += Math.floor(rest / points);
  let k = 0;
  for (; rest > ((base - tMin) * tMax) / 2; k += base) rest = Math.floor(rest / (base - tMin));
  return k + Math.floor(((base - tMin + 1) * rest) / (rest + skew));
}

function letterOf(digit: number): string {
  return digit < 26 ? String.fromCharCode(97 + digit) : String.fromCharCode(22 + digit);
}

function digitOf(code: number): number | undefined {
  const character = String.fromCharCode(code).toLowerCase();
  if (/[a-z]/.test(character)) return character.charCodeAt(0) - 97;
  return /[0-9]/.test(character) ? character.charCodeAt(0) - 22 : undefined;
}

function badPunycode(text: string): EversealError {
  return new EversealError('bad-identifier', `'${text.slice(0, 80)}' is not Punycode (RFC 3492)`);
}
