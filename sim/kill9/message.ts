/** What parent and child say to each other. */
import * as v from 'valibot';

const point = v.object({ name: v.string(), occurrence: v.number(), side: v.picklist(['before', 'after']) });

const task = v.object({
  story: v.string(),
  tree: v.string(),
  directory: v.string(),
  root: v.string(),
  authority: v.string(),
  /** Where it kills itself. */
  kill: v.optional(point),
  /** A defect of `planted.ts`. */
  planted: v.optional(v.string()),
});

const line = v.variant('is', [
  v.object({ is: v.literal('listening'), port: v.number() }),
  v.object({ is: v.literal('event'), type: v.string() }),
  v.object({ is: v.literal('point'), point }),
]);

/** Given to the child as its one argument. */
export type Task = v.InferOutput<typeof task>;
/** A line that the child prints. */
export type Line = v.InferOutput<typeof line>;

export function readTask(text: string): Task {
  return v.parse(task, JSON.parse(text));
}

export function readLine(text: string): Line {
  return v.parse(line, JSON.parse(text));
}
