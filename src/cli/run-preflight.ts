/** When `run` looks before it orders. What looks is loaded only then. */
import type { Solver } from '../challenges/solver.ts';
import type { Answers, EventSink, Ports } from '../core/index.ts';
import type { Preflight } from '../engine/index.ts';
import type { Challenges, DnsLook } from '../faces/lego/challenges.ts';

export interface RunPreflightOptions {
  readonly ports: Ports;
  /** What the listener for http-01 serves. */
  readonly answers: Answers;
  readonly events: EventSink;
  readonly challenges: Challenges;
  readonly solvers: readonly Solver[];
}

/**
 * The look before an order: at most eight seconds, a warning for what is likely to fail.
 *
 * A CA on this machine or in a private network is left alone: it may see another DNS than this machine does, and a failed
 * validation costs nothing there. With `--dns.resolvers` it is clear which DNS is meant, and the look is made.
 *
 * @throws BatchError `preflight-failed` for what the CA is sure to refuse
 */
export function runPreflight(options: RunPreflightOptions): Preflight {
  const told = new Set<string>();
  const warnOnce = (message: string): void => {
    if (told.has(message)) return;
    told.add(message);
    options.events({ type: 'warning', message });
  };
  return async (target, signal) => {
    const look = lookOf(options.challenges);
    const { networkOf } = await import('./ca-network.ts');
    const caNetwork = await networkOf(options.ports, target.directory);
    if (caNetwork === 'private' && look.resolvers.length === 0) return;
    const { lookBeforeOrder } = await import('./preflight-look.ts');
    await lookBeforeOrder({ ...options, look, caNetwork, warn: warnOnce }, target, signal);
  };
}

/** DNS-PERSIST-01 has resolvers of its own; without them those of the other DNS challenges are as good. */
function lookOf({ look, persist }: Challenges): DnsLook {
  return look.resolvers.length === 0 && persist !== undefined ? persist.look : look;
}
