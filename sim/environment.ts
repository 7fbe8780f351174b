import process from 'node:process';

/** The environment that `npm test` runs in: where a replay line is read from. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
