import type { HttpProbe } from '../challenges/preflight/context.ts';
import { type Ports, toBase64Url } from '../core/index.ts';

/** A token like a CA's, with an answer that only this process can give. */
export function newProbe({ random }: Pick<Ports, 'random'>): HttpProbe {
  const token = `everseal-probe-${toBase64Url(random.bytes(16))}`;
  return { token, expected: `${token}.${toBase64Url(random.bytes(8))}` };
}
