/** The TTLs that an API takes. */

export interface TtlLimits {
  readonly min?: number;
  readonly max?: number;
  /** The only ones, rising. */
  readonly steps?: readonly number[];
}

/** The nearest TTL that is allowed: the next step up, else the highest. */
export function allowedTtl(
  seconds: number,
  { min = 0, max = Number.POSITIVE_INFINITY, steps = [] }: TtlLimits,
): number {
  const within = Math.max(min, Math.min(max, seconds));
  return steps.find((step) => step >= within) ?? steps.at(-1) ?? within;
}
