/** What we remember of a stored certificate beyond the peer's own files, as JSON. */
import * as v from 'valibot';
import { fromUtf8, keyAlgorithms, utf8 } from '../core/index.ts';
import type { CertificateFacts, RequestRecord, StoredCertificate } from '../engine/index.ts';

/** What is true as long as the files' marks stay the same. */
export interface CachedFacts {
  /** Sizes, times and inodes of the files: see `marksOf`. */
  readonly marks: string;
  readonly facts: CertificateFacts;
  /** Whether the key beside the certificate is its key. */
  readonly hasKey: boolean;
}

export interface CertificateRecord extends CachedFacts {
  readonly requested: RequestRecord;
  readonly omitted: StoredCertificate['omitted'];
}

const date = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => new Date(text)),
);
const identifier = v.object({ type: v.picklist(['dns', 'ip']), value: v.string() });
const optional = <T extends v.GenericSchema>(schema: T) => v.optional(schema, undefined);
const keyAlgorithm = optional(v.picklist(keyAlgorithms));

const factsSchema = v.pipe(
  v.object({
    identifiers: v.array(identifier),
    notBefore: date,
    notAfter: date,
    serial: v.string(),
    certId: optional(v.string()),
    keyAlgorithm,
    fingerprint: v.string(),
    issuer: v.string(),
  }),
  v.transform(
    ({ certId, keyAlgorithm: algorithm, ...facts }): CertificateFacts => ({
      ...facts,
      certId,
      keyAlgorithm: algorithm,
    }),
  ),
);

const requestSchema = v.pipe(
  v.object({
    identifiers: v.array(identifier),
    profile: optional(v.string()),
    directory: v.string(),
    account: v.string(),
    keyAlgorithm,
    preferredChain: optional(v.string()),
  }),
  v.transform(
    ({ profile, keyAlgorithm: algorithm, preferredChain, ...request }): RequestRecord => ({
      ...request,
      profile,
      keyAlgorithm: algorithm,
      preferredChain,
    }),
  ),
);

const cached = { marks: v.string(), facts: factsSchema, hasKey: v.boolean() };
const cachedSchema = v.object(cached);
const recordSchema = v.object({
  ...cached,
  requested: requestSchema,
  omitted: v.array(v.object({ identifier, reason: v.string() })),
});

export function recordBytes(record: CachedFacts | CertificateRecord): Uint8Array {
  return utf8(`${JSON.stringify(record)}\n`);
}

/** undefined when it cannot be understood: it is a cache, and the certificate itself tells the rest. */
export function readRecord(data: Uint8Array): CertificateRecord | undefined {
  const parsed = v.safeParse(recordSchema, parseJson(data));
  return parsed.success ? parsed.output : undefined;
}

/** As {@link readRecord}. */
export function readCachedFacts(data: Uint8Array): CachedFacts | undefined {
  const parsed = v.safeParse(cachedSchema, parseJson(data));
  return parsed.success ? parsed.output : undefined;
}

function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(data));
  } catch {
    return undefined;
  }
}
