import { describe, expect, it } from 'vitest';
import { BatchError, EversealError, type Ports } from '../core/index.ts';
import { accountUrl, FakeDns, FakeProvider, intentFor, inVirtualTime, signal } from './dns-fakes.testing.ts';
import { dnsPersistSolver, type DnsPersistSolverOptions } from './dns-persist-01.ts';
import type { ChallengeIntent, PersistOffer, Solver } from './solver.ts';

const offer: PersistOffer = {
  challenge: { 'issuer-domain-names': ['z.example', 'ca.example'], accounturi: accountUrl },
  directoryMeta: {},
  thumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
};
const a = intentFor('dns-persist-01', 'a.example', offer);
const b = intentFor('dns-persist-01', 'b.other.test', offer);
const anyA = intentFor('dns-persist-01', '*.a.example', offer);
const nameA = '_validation-persist.a.example.';
const nameB = '_validation-persist.b.other.test.';
const plain = `ca.example; accounturi=${accountUrl}`;

interface Stage {
  readonly dns: FakeDns;
  readonly provider: FakeProvider;
  readonly ports: Ports;
  /** Without a provider unless the options have one. */
  solver(options?: Partial<DnsPersistSolverOptions>): Solver;
}

async function onStage(story: (stage: Stage) => Promise<void>): Promise<void> {
  await inVirtualTime(async (ports) => {
    const dns = new FakeDns(ports.clock);
    const checks = { authoritative: true, recursive: true };
    const solver = (options: Partial<DnsPersistSolverOptions> = {}) =>
      dnsPersistSolver({ ports, resolver: dns, checks, ...options });
    await story({ dns, provider: new FakeProvider(dns), ports, solver });
  });
}

async function solve(solver: Solver, batch: readonly ChallengeIntent[]): Promise<readonly ChallengeIntent[]> {
  await solver.prepare(signal);
  const located = (await solver.locate?.(batch, signal)) ?? [];
  const receipts = await solver.present(located, signal);
  expect(receipts).toHaveLength(batch.length);
  await solver.wait(located, signal);
  await solver.cleanup(
    located.map((intent) => ({ intent })),
    signal,
  );
  return located;
}

describe('a dns-persist-01 solver', () => {
  it('leaves a record alone that serves', async () => {
    await onStage(async ({ dns, provider, solver, ports }) => {
      const existing = `z.example;policy=wildcard;accounturi=${accountUrl}`;
      dns.put(nameA, existing);
      const subject = solver({ provider });
      const before = ports.clock.monotonic();
      const located = await solve(subject, [a, anyA]);
      expect(located.map(({ record }) => record?.value)).toEqual([existing, existing]);
      expect([provider.added, provider.removed, subject.locks?.(located)]).toEqual([[], [], []]);
      expect(ports.clock.monotonic()).toBe(before);
      expect(dns.valuesAt(nameA)).toEqual([existing]);
    });
  });

  it('has the provider add what is missing, in one call, and keeps it', async () => {
    await onStage(async ({ dns, provider, solver }) => {
      provider.lagMs = 3_000;
      dns.put(nameA, 'foreign');
      const subject = solver({ provider });
      const located = await solve(subject, [a, anyA, b]);
      expect(provider.added).toEqual([
        [
          { name: nameA, zone: 'example.', value: `${plain}; policy=wildcard` },
          { name: nameB, zone: 'other.test.', value: plain },
        ],
      ]);
      expect(subject.locks?.(located).map(({ key }) => key)).toEqual([`fake ${nameA}`, `fake ${nameB}`]);
      expect(dns.valuesAt(nameA)).toEqual(['foreign', `${plain}; policy=wildcard`]);
      expect(provider.removed).toEqual([]);
      await solve(solver({ provider }), [a, anyA, b]);
      expect(provider.added).toHaveLength(1);
    });
  });

  it('adds a second record where the first does not hold for the wildcard', async () => {
    await onStage(async ({ dns, provider, solver }) => {
      dns.put(nameA, plain);
      await solve(solver({ provider }), [anyA]);
      expect(dns.valuesAt(nameA)).toEqual([plain, `${plain}; policy=wildcard`]);
    });
  });

  it('speaks draft-02 where the directory does', async () => {
    await onStage(async ({ dns, provider, solver }) => {
      const challenge = { issuerDomainNames: ['ca.example'] };
      const directoryMeta = { ...challenge, accountHashPrefix: 'https://ca.example/acct/' };
      const intent = intentFor('dns-persist-01', 'example.com', { ...offer, challenge, directoryMeta });
      dns.zones.push('example.com.');
      const [located] = await solve(solver({ provider }), [intent]);
      const hash = '5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw';
      expect(located?.record?.value).toBe(`ca.example; accounturi=https://ca.example/acct/sha-256/${hash}`);
    });
  });

  it('writes where a CNAME leads', async () => {
    await onStage(async ({ dns, provider, solver }) => {
      dns.cnames.set(nameA, 'box.other.test.');
      await solve(solver({ provider }), [a]);
      expect(dns.valuesAt('box.other.test.')).toEqual([plain]);
      expect(provider.added[0]?.[0]?.zone).toBe('other.test.');
    });
  });

  it('takes the issuer and the end that it is told', async () => {
    await onStage(async ({ dns, provider, solver }) => {
      dns.put(nameA, plain);
      const persistUntil = new Date('2030-01-01T00:00:00Z');
      await solve(solver({ provider, issuerDomainName: 'z.example', persistUntil }), [a]);
      expect(dns.valuesAt(nameA)[1]).toBe(`z.example; accounturi=${accountUrl}; persistUntil=1893456000`);
      const stranger = solver({ provider, issuerDomainName: 'not.example' });
      await expect(stranger.locate?.([a], signal)).rejects.toMatchObject({ code: 'unsupported' });
      await expect(solver({ persistUntil: new Date('2026-01-01') }).prepare(signal)).rejects.toMatchObject({
        code: 'usage',
      });
    });
  });

  it('names who is refused and goes on with nobody when the offer is broken', async () => {
    await onStage(async ({ provider, solver }) => {
      const broken = intentFor('dns-persist-01', 'c.example', { ...offer, challenge: { 'issuer-domain-names': [] } });
      const failure = await solver({ provider })
        .locate?.([a, broken], signal)
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'bad-server', failures: [{ index: 1 }] });
      expect(provider.added).toEqual([]);
    });
  });

  it('asks the provider for its timing before anything is added, and says which names it failed for', async () => {
    await onStage(async ({ provider, solver, ports }) => {
      const calls: string[] = [];
      provider.askTiming = async () => {
        calls.push(`timing, ${provider.added.length} added`);
        return { timeoutMs: 60_000, intervalMs: 1_000 };
      };
      provider.lagMs = 50_000;
      const before = ports.clock.monotonic();
      await solve(solver({ provider }), [a]);
      expect(calls).toEqual(['timing, 0 added']);
      expect(ports.clock.monotonic() - before).toBeGreaterThanOrEqual(50_000);
      provider.add = async () => {
        throw new BatchError([{ index: 1, error: new EversealError('provider-failed', 'no') }]);
      };
      const batch = [b, intentFor('dns-persist-01', 'c.example', offer), { ...b, wildcard: true }];
      const c = intentFor('dns-persist-01', '*.c.example', offer);
      await expect(solve(solver({ provider }), [...batch, c])).rejects.toMatchObject({
        code: 'provider-failed',
        failures: [{ index: 1 }, { index: 3 }],
      });
    });
  });

  it('does not push out another value where the provider keeps one', async () => {
    await onStage(async ({ dns, provider, solver }) => {
      provider.values = 'one';
      dns.put(nameA, 'other.example; accounturi=x');
      const failure = solver({ provider }).locate?.([a], signal);
      await expect(failure).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining(nameA) });
      await solve(solver({ provider }), [b]);
    });
  });

  it('is for names, and stays', async () => {
    await onStage(async ({ provider, solver }) => {
      const subject = solver({ provider, names: ['example'] });
      expect([subject.scope, subject.durable]).toEqual(['standing', false]);
      expect(subject.fits(a.identifier, true)).toBe(true);
      expect(subject.fits(b.identifier, false)).toBe(false);
      expect(solver().fits({ type: 'ip', value: '192.0.2.7' }, false)).toBe(false);
      await subject.close();
      expect(provider.closed).toBe(1);
    });
  });
});

describe('without a provider', () => {
  it('the records are shown once for all names, and who presses Enter has created them', async () => {
    await onStage(async ({ dns, solver, ports }) => {
      dns.put(nameA, `${plain};`);
      const shown: string[] = [];
      const ask = async () => {
        dns.put(nameA, `CA.example ; persistUntil=1893456000; accounturi=${accountUrl}; policy=wildcard`, 8_000);
        dns.put(nameB, plain, 4_000);
        return '';
      };
      const before = ports.clock.monotonic();
      await solve(solver({ show: (text) => shown.push(text), ask }), [a, anyA, b]);
      expect(shown).toHaveLength(1);
      expect(shown[0]).toContain(`${nameA} IN TXT "${plain}; policy=wildcard"\n`);
      expect(shown[0]).toContain(`${nameB} IN TXT "${plain}"`);
      expect(shown[0]).toContain('ends with a semicolon');
      expect(ports.clock.monotonic() - before).toBeGreaterThanOrEqual(8_000);
      expect(ports.clock.monotonic() - before).toBeLessThan(12_000);
    });
  });

  it('who can only be asked is told the records by the question', async () => {
    await onStage(async ({ dns, solver }) => {
      const questions: string[] = [];
      const ask = async (question: string) => {
        questions.push(question);
        dns.put(nameA, plain);
        return '';
      };
      await solve(solver({ ask }), [a]);
      expect(questions).toEqual([expect.stringMatching(/IN TXT "ca\.example; .*"\nPress Enter/)]);
    });
  });

  it('two orders do not ask at once', async () => {
    await onStage(async ({ dns, solver, ports }) => {
      let asking = 0;
      let most = 0;
      const ask = async () => {
        asking += 1;
        most = Math.max(most, asking);
        await ports.clock.sleep(1_000);
        dns.put(nameA, plain);
        dns.put(nameB, plain);
        asking -= 1;
        return '';
      };
      const subject = solver({ ask });
      await Promise.all([solve(subject, [a]), solve(subject, [b])]);
      expect(most).toBe(1);
    });
  });

  it('one can wait instead of asking', async () => {
    await onStage(async ({ dns, solver, ports }) => {
      const before = ports.clock.monotonic();
      const show = () => dns.put(nameA, plain);
      await solve(solver({ show, manualWaitMs: 60_000, checks: { authoritative: true, recursive: false } }), [a]);
      expect(ports.clock.monotonic() - before).toBeGreaterThanOrEqual(60_000);
    });
  });

  it.each([
    ['nobody can be asked', {}],
    ['the input has ended', { ask: async () => undefined }],
  ])('and %s: the error has the record to create', async (_what, options) => {
    await onStage(async ({ dns, solver }) => {
      dns.put(nameA, plain);
      const subject = solver(options);
      const located = (await subject.locate?.([b, a, anyA], signal)) ?? [];
      const failure: BatchError = await subject.present(located, signal).then(
        () => expect.unreachable(),
        (error) => error,
      );
      expect(failure).toMatchObject({
        code: 'user-action-required',
        message: expect.stringContaining(nameB),
        next: expect.stringContaining(`${nameB} IN TXT "${plain}"`),
      });
      expect(failure.failures.map(({ index }) => index)).toEqual([0, 1, 2]);
      expect(failure.failures[1]?.error.message).toMatch(/policy=wildcard is missing/);
      expect(failure.failures[0]?.error.message).not.toMatch(/policy=wildcard/);
    });
  });

  it('a record that does not serve in time is named with what is shown instead', async () => {
    await onStage(async ({ dns, solver }) => {
      const ask = async () => {
        dns.put(nameA, plain);
        dns.put(nameB, `ca.example; accounturi=${accountUrl}0`);
        return '';
      };
      const failure = await solve(solver({ ask, timing: { timeoutMs: 10_000 } }), [a, b]).catch((error) => error);
      expect(failure).toMatchObject({
        code: 'not-propagated',
        message: expect.stringMatching(/After 10 s _validation-persist\.b\.other\.test\. .*another account/),
        next: expect.stringContaining(`IN TXT "${plain}"`),
        failures: [{ index: 1 }],
      });
    });
  });

  it('each name that waits for a missing record is named', async () => {
    await onStage(async ({ solver }) => {
      const anyB = intentFor('dns-persist-01', '*.b.other.test', offer);
      const failure: BatchError = await solve(solver({ ask: async () => '' }), [b, a, anyB]).catch((error) => error);
      expect(failure.code).toBe('not-propagated');
      expect(failure.failures.map(({ index }) => index)).toEqual([0, 1, 2]);
    });
  });

  it('a lookup that fails meanwhile is repeated', async () => {
    await onStage(async ({ dns, solver }) => {
      const ask = async () => {
        dns.put(nameA, plain, 3_000);
        return '';
      };
      const asked = dns.ask.bind(dns);
      dns.ask = async (...args) => {
        const answer = await asked(...args);
        return answer.answers.length > 0 ? answer : { ...answer, rcode: 'SERVFAIL' };
      };
      const lookedUp = dns.lookupTxt.bind(dns);
      let lookups = 0;
      dns.lookupTxt = async (name) => {
        lookups += 1;
        if (lookups === 1) return lookedUp(name);
        throw new EversealError('timeout', `nobody answers for ${name}`);
      };
      await solve(solver({ ask }), [a]);
      expect(lookups).toBeGreaterThan(1);
    });
  });
});
