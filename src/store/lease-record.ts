/** What a lock file says: who holds the lock, and until when. */
import * as v from 'valibot';
import { fromUtf8, type ProcessIdentity, utf8 } from '../core/index.ts';

export interface LeaseRecord {
  /** Tells this holding from any other one. */
  readonly token: string;
  readonly holder: ProcessIdentity;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  readonly leaseMs: number;
  readonly released: boolean;
}

const schema = v.object({
  token: v.string(),
  holder: v.object({ bootId: v.string(), pidNamespace: v.string(), pid: v.number(), startTime: v.string() }),
  expires: v.number(),
  leaseMs: v.number(),
  released: v.boolean(),
});

export function leaseBytes(record: LeaseRecord): Uint8Array {
  return utf8(`${JSON.stringify(record)}\n`);
}

/** undefined when it cannot be understood. */
export function readLease(data: Uint8Array): LeaseRecord | undefined {
  try {
    return v.parse(schema, JSON.parse(fromUtf8(data)));
  } catch {
    return undefined;
  }
}
