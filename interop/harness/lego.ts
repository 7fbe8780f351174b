import { runArguments, type Target, type Wish } from './everseal.ts';
import { type Finished, run } from './process.ts';
import { peer } from './root.ts';

/** Runs the real lego 5 with the same words. */
export function legoObtain(target: Target, wish: Wish): Promise<Finished> {
  const more = ['--no-random-sleep', ...(wish.more ?? [])];
  return run(peer('lego'), runArguments(target, { ...wish, more }), { env: { LEGO_CA_CERTIFICATES: target.tlsRoot } });
}
