/** What the program says about its timing. */
import * as v from 'valibot';

const seconds = v.pipe(v.number(), v.finite(), v.minValue(0));
const answer = v.object({
  timeout: v.optional(seconds),
  interval: v.optional(v.pipe(seconds, v.gtValue(0))),
});

/** Seconds; undefined where the program has no opinion. */
export type SaidTiming = v.InferOutput<typeof answer>;

/** Reads `{"timeout": 30, "interval": 5}`; undefined when it is anything else. */
export function parseTiming(output: string): SaidTiming | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), answer), output);
  return parsed.success ? parsed.output : undefined;
}
