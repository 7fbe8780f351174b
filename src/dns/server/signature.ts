/** Requests as they came: whether their signature holds, and how the reply is signed (RFC 8945 §5). */
import { type Clock, hasCode } from '../../core/index.ts';
import { encodeMessage } from '../codec/index.ts';
import type { DnsMessage } from '../message.ts';
import { canonicalName } from '../name.ts';
import { refuseSignature, signMessage, type TsigKey, type TsigVerdict, verifyMessage } from '../tsig.ts';
import type { Seal } from './reply.ts';

export interface OpenedRequest {
  /** Without its signature. */
  readonly message: DnsMessage;
  readonly signature: TsigVerdict['status'];
  /** Name of the key whose signature holds, in lower case; undefined: none. */
  readonly key: string | undefined;
  /** Encodes the reply. That to a signature which does not hold is a refusal, whatever the reply says. */
  readonly seal: Seal;
}

/** undefined for what cannot be read. */
export function openRequest(
  data: Uint8Array,
  keys: readonly TsigKey[],
  clock: Pick<Clock, 'now'>,
): OpenedRequest | undefined {
  const verdict = verdictOn(data, keys, clock.now());
  if (verdict === undefined) return undefined;
  const { message, status } = verdict;
  const isValid = verdict.status === 'valid';
  return {
    message,
    signature: status,
    key: isValid ? canonicalName(verdict.key.name) : undefined,
    seal: (reply) => {
      if (verdict.status === 'missing') return encodeMessage(reply);
      if (verdict.status !== 'valid') return refuseSignature(reply, verdict, clock.now());
      return signMessage(reply, verdict.key, clock.now(), { requestMac: verdict.mac }).data;
    },
  };
}

function verdictOn(data: Uint8Array, keys: readonly TsigKey[], now: Date): TsigVerdict | undefined {
  try {
    return verifyMessage(data, { keys, now });
  } catch (error) {
    if (hasCode(error, 'bad-reply')) return undefined;
    throw error;
  }
}
