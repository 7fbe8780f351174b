/** A Run: what happens once however many certificates there are. */
import {
  type ErrorCode,
  EversealError,
  type EventSink,
  hasCode,
  mapAll,
  messageOf,
  nextStepOf,
  type Ports,
  Semaphore,
  withDeadline,
} from '../core/index.ts';
import { type ClientOptions, type EngineContext, acmeClients } from './context.ts';
import { clearFailures, loadFailures, nextFailure, saveFailures } from './failures.ts';
import { withLease } from './lease.ts';
import { certificateSubject } from './order-journal.ts';
import { type Decision, plan } from './plan.ts';
import type { Preflight } from './preflight.ts';
import { adviceOn } from './renewal-advice.ts';
import { renewalDate } from './renewal-time.ts';
import type { CertificateReport, Report } from './report.ts';
import type { CertificateSpec } from './spec.ts';
import type { Fence, JournalEntry, StoredCertificate, Stores } from './stores.ts';

export interface RunContext {
  readonly ports: Ports;
  readonly stores: Stores;
  readonly signal: AbortSignal;
  readonly events?: EventSink;
  readonly client?: ClientOptions;
  /** Issue also what is not due. */
  readonly force?: boolean;
  /** Keep to the persisted backoff instead of overriding it. */
  readonly patient?: boolean;
  /** Looks before each order whether it can succeed. */
  readonly preflight?: Preflight;
  /** Certificates worked on at once. Default 8. */
  readonly parallel?: number;
  /** Wait up to this long, once, before the first renewal: spreads the machines that cron wakes in the same second. */
  readonly randomWaitMs?: number;
}

/**
 * Brings every certificate to what its spec wants, all as far as possible: one that fails does not stop the others.
 *
 * @returns what was done; failures are in it, not thrown
 * @throws TypeError when two specs have the same name
 *
 * @example
 * ```ts
 * import { memoryStores, nodePorts, startCa } from 'everseal';
 * import { acmeClients, run } from 'everseal/engine';
 * const ca = await startCa();
 * const ports = nodePorts();
 * const base = { ports, stores: memoryStores(ports), events: () => undefined, signal: new AbortController().signal };
 * const context = { ...base, clients: acmeClients(base) };
 * const issuer = {
 *   directory: ca.directory,
 *   tls: { roots: [ca.root] },
 *   account: { id: 'me', keyAlgorithm: 'EC256' as const, terms: 'agreed' as const },
 * };
 * const report = await run(base, []); // specs of certificates: see `obtain()` for a whole life
 * console.log(report.certificates.length); // 0
 * await ca.close();
 * ```
 */
export async function run(context: RunContext, specs: readonly CertificateSpec[]): Promise<Report> {
  if (new Set(specs.map(({ name }) => name)).size < specs.length)
    throw new TypeError('two certificates have the same name');
  const { clock } = context.ports;
  const startedAt = clock.now();
  const started = clock.monotonic();
  const session = await openSession(context);
  try {
    const certificates = await mapAll(specs, new Semaphore(context.parallel ?? 8), (spec) => handleOne(session, spec));
    return { startedAt, ms: Math.round(clock.monotonic() - started), certificates };
  } finally {
    await Promise.all([...new Set(specs.flatMap(({ solvers }) => solvers))].map((solver) => solver.close()));
  }
}

interface Session {
  readonly engine: EngineContext;
  readonly force: boolean;
  readonly patient: boolean;
  /** Subjects of operations that an earlier process did not finish. */
  readonly unfinished: ReadonlySet<string>;
  readonly randomWait: () => Promise<void>;
}

async function openSession(context: RunContext): Promise<Session> {
  const { ports, stores, signal, events = () => undefined } = context;
  const base = { ports, stores, signal, events };
  const unfinished = await unfinishedOperations(base);
  let waited: Promise<void> | undefined;
  return {
    engine: { ...base, clients: acmeClients(base, context.client), preflight: context.preflight },
    force: context.force === true,
    patient: context.patient === true,
    unfinished: new Set(unfinished.map(({ subject }) => subject)),
    randomWait: () => {
      waited ??= waitAtRandom(context);
      return waited;
    },
  };
}

/** Those of a later version are not ours to finish; what is not due can be told nevertheless. */
async function unfinishedOperations({
  stores,
  events,
}: Pick<EngineContext, 'stores' | 'events'>): Promise<readonly JournalEntry[]> {
  try {
    return await stores.journal.unfinished();
  } catch (error) {
    if (!hasCode(error, 'newer-format')) throw error;
    events({ type: 'warning', message: `${error.message}. ${nextStepOf(error)}` });
    return [];
  }
}

async function waitAtRandom({ ports, signal, events, randomWaitMs = 0 }: RunContext): Promise<void> {
  const ms = Math.floor(ports.random.fork('random-wait').fraction() * randomWaitMs);
  if (ms === 0) return;
  events?.({ type: 'waiting', what: 'a random moment, so that not all machines renew at once', ms });
  await ports.clock.sleep(ms, signal);
}

/** What one certificate came to. */
interface Outcome {
  readonly outcome: CertificateReport['outcome'];
  readonly because: string;
  readonly stored: StoredCertificate | undefined;
  readonly nextAction: Date | undefined;
}

async function handleOne(session: Session, spec: CertificateSpec): Promise<CertificateReport> {
  const { clock } = session.engine.ports;
  const started = clock.monotonic();
  const { name, identifiers } = spec;
  const done = (): number => Math.round(clock.monotonic() - started);
  try {
    const { outcome, because, stored, nextAction } = await bring(session, spec);
    const { facts, omitted = [] } = stored ?? {};
    return { name, identifiers, outcome, because, facts, omitted, nextAction, error: undefined, ms: done() };
  } catch (thrown) {
    const error = asEversealError(thrown);
    const nextAction = await noteFailure(session, spec, error);
    session.engine.events({ type: 'certificate.failed', certificate: name, reason: error.message });
    const stored = await session.engine.stores.certificates.load(name).catch(() => undefined);
    return {
      name,
      identifiers,
      outcome: 'failed',
      because: error.code,
      facts: stored?.facts,
      omitted: stored?.omitted ?? [],
      nextAction,
      error,
      ms: done(),
    };
  }
}

function asEversealError(thrown: unknown): EversealError {
  if (thrown instanceof EversealError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError')
    return new EversealError('aborted', 'Interrupted', { cause: thrown });
  return new EversealError('io', `Unexpected failure: ${messageOf(thrown)}`, {
    cause: thrown,
    next: 'This is a mistake of the program: please report it with what it prints when EVERSEAL_DEBUG=1 is set.',
  });
}

async function bring(session: Session, spec: CertificateSpec): Promise<Outcome> {
  const { engine } = session;
  const stored = await engine.stores.certificates.load(spec.name);
  const decision = await decide(session, spec, stored, session.force);
  const interrupted = session.unfinished.has(certificateSubject(spec.name));
  if (decision.action !== 'issue' && !interrupted) return settled(engine, spec, stored, decision);
  if (decision.action === 'issue' && (decision.because === 'due' || decision.because === 'advised'))
    await session.randomWait();
  const deadline = {
    clock: engine.ports.clock,
    ms: spec.deadlineMs,
    what: `the certificate ${spec.name}`,
    signal: engine.signal,
  };
  return withDeadline(deadline, (signal) => {
    const lock = { locks: engine.stores.locks, clock: engine.ports.clock, events: engine.events, signal };
    return withLease(lock, certificateSubject(spec.name), (fence, leaseSignal) =>
      bringUnderLease(session, spec, stored, decision, { fence, signal: leaseSignal }),
    );
  });
}

/** The decision is taken again under the lock: another process may just have done the work. */
async function bringUnderLease(
  session: Session,
  spec: CertificateSpec,
  seen: StoredCertificate | undefined,
  decision: Decision,
  { fence, signal }: { readonly fence: Fence; readonly signal: AbortSignal },
): Promise<Outcome> {
  const { engine } = session;
  const { certificates } = engine.stores;
  await certificates.recover(spec.name, fence);
  const stored = await certificates.load(spec.name);
  const unchanged = stored?.version === seen?.version;
  const current = unchanged ? decision : await decide(session, spec, stored, false);
  if (current.action !== 'issue') {
    const { abandonOrders, cleanUpOrders } = await import('./order-attempt.ts');
    await (current.action === 'keep' ? abandonOrders : cleanUpOrders)(engine, spec);
    return settled(engine, spec, stored, current);
  }
  const { issue } = await import('./issue.ts');
  if (current.at !== undefined) await waitUntil(engine, current.at, signal);
  const issued = await issue({ context: engine, spec, stored, fence }, signal);
  await clearFailures(engine.stores.state, spec.name);
  return {
    outcome: 'issued',
    because: current.because,
    stored: issued,
    nextAction: renewalDate(issued.facts, spec.renewal),
  };
}

async function waitUntil(engine: EngineContext, at: Date, signal: AbortSignal): Promise<void> {
  const ms = at.getTime() - engine.ports.clock.now().getTime();
  if (ms <= 0) return;
  engine.events({ type: 'waiting', what: 'the moment the CA suggests', ms });
  await engine.ports.clock.sleep(ms, signal);
}

/** Asks the CA only when nothing else makes the decision already. */
async function decide(
  session: Session,
  spec: CertificateSpec,
  stored: StoredCertificate | undefined,
  force: boolean,
): Promise<Decision> {
  const { engine, patient } = session;
  const now = engine.ports.clock.now();
  const failures = await loadFailures(engine.stores.state, spec.name);
  const first = plan(spec, stored, { force, patient, failures }, now);
  if (first.action !== 'keep' || stored === undefined) return first;
  const advice = await adviceOn(engine, spec, stored);
  return plan(spec, stored, { force, patient, failures, advisedAt: advice?.point }, engine.ports.clock.now());
}

function settled(
  engine: EngineContext,
  spec: CertificateSpec,
  stored: StoredCertificate | undefined,
  decision: Exclude<Decision, { action: 'issue' }>,
): Outcome {
  const { until, because } = decision;
  engine.events({ type: 'certificate.kept', certificate: spec.name, until, because });
  return { outcome: decision.action === 'keep' ? 'kept' : 'held', because, stored, nextAction: until };
}

/** Failures of the machine or of the user are no reason to spare the CA. */
const notTheCas: ReadonlySet<ErrorCode> = new Set([
  'aborted',
  'usage',
  'bad-identifier',
  'bad-key',
  'corrupt',
  'newer-format',
  'conflict',
  'stale-lease',
]);

async function noteFailure(session: Session, spec: CertificateSpec, error: EversealError): Promise<Date | undefined> {
  const { ports, stores, signal } = session.engine;
  if (signal.aborted || notTheCas.has(error.code)) return undefined;
  const retryAfter = 'retryAfter' in error && error.retryAfter instanceof Date ? error.retryAfter : undefined;
  const failures = nextFailure(
    await loadFailures(stores.state, spec.name),
    ports.clock.now(),
    error.message,
    retryAfter,
  );
  await saveFailures(stores.state, spec.name, failures).catch(() => undefined);
  return failures.until;
}
