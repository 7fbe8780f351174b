import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BatchError, EversealError, type Ports } from '../core/index.ts';
import { FakeDns, FakeProvider, intentFor, inVirtualTime, signal } from './dns-fakes.testing.ts';
import { dnsChallengeName, dnsSolver, type DnsSolverOptions } from './dns-01.ts';
import type { ChallengeIntent, Solver } from './solver.ts';

interface Stage {
  readonly dns: FakeDns;
  readonly provider: FakeProvider;
  readonly ports: Ports;
  solver(options?: Partial<DnsSolverOptions>): Solver;
}

async function onStage(story: (stage: Stage) => Promise<void>): Promise<void> {
  await inVirtualTime(async (ports) => {
    const dns = new FakeDns(ports.clock);
    const provider = new FakeProvider(dns);
    const checks = { authoritative: true, recursive: true };
    const solver = (options: Partial<DnsSolverOptions> = {}) =>
      dnsSolver({ type: 'dns-01', ports, provider, resolver: dns, checks, ...options });
    await story({ dns, provider, ports, solver });
  });
}

async function locate(solver: Solver, batch: readonly ChallengeIntent[]): Promise<readonly ChallengeIntent[]> {
  return (await solver.locate?.(batch, signal)) ?? [];
}

const digest = ({ keyAuthorization }: ChallengeIntent) =>
  createHash('sha256').update(keyAuthorization).digest('base64url');
const apex = intentFor('dns-01', 'a.example');
const wildcard = intentFor('dns-01', '*.a.example');
const other = intentFor('dns-01', 'b.other.test');

describe('where a CA looks', () => {
  it('for dns-01 is below _acme-challenge', () => {
    expect(dnsChallengeName('dns-01', 'www.Example.com', 'https://ca.example/1')).toBe(
      '_acme-challenge.www.example.com.',
    );
  });

  it('for dns-account-01 has the label of the account before it, as in the draft', () => {
    const account = 'https://example.com/acme/acct/ExampleAccount';
    expect(dnsChallengeName('dns-account-01', 'example.org', account)).toBe(
      '_ujmmovf2vn55tgye._acme-challenge.example.org.',
    );
  });

  it('is nowhere for a name that is too long with its labels', async () => {
    await onStage(async ({ solver, dns }) => {
      const long = intentFor('dns-01', [...Array<string>(4).fill('x'.repeat(60)), 'example'].join('.'));
      const failure = await locate(solver(), [apex, long]).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'bad-identifier', failures: [{ index: 1 }] });
      expect(dns.lookups.some((one) => one.includes('xxx'))).toBe(false);
    });
  });
});

describe('a dns-01 solver', () => {
  it('writes apex and wildcard in one call, waits until they show, and removes just those', async () => {
    await onStage(async ({ dns, provider, ports, solver }) => {
      provider.lagMs = 7_000;
      dns.put('_acme-challenge.a.example.', 'foreign');
      const subject = solver();
      const batch = await locate(subject, [apex, wildcard, other]);
      expect(batch.map(({ record }) => record)).toEqual([
        { name: '_acme-challenge.a.example.', zone: 'example.', value: digest(apex) },
        { name: '_acme-challenge.a.example.', zone: 'example.', value: digest(wildcard) },
        { name: '_acme-challenge.b.other.test.', zone: 'other.test.', value: digest(other) },
      ]);
      expect(provider.added).toEqual([]);
      expect(subject.locks?.(batch).map(({ key }) => key)).toEqual([
        'fake _acme-challenge.a.example.',
        'fake _acme-challenge.b.other.test.',
      ]);
      const receipts = await subject.present(batch, signal);
      expect(provider.added).toHaveLength(1);
      const before = ports.clock.monotonic();
      await subject.wait(batch, signal);
      expect(ports.clock.monotonic() - before).toBeGreaterThanOrEqual(6_900);
      expect(ports.clock.monotonic() - before).toBeLessThan(9_000);
      await subject.cleanup(
        batch.map((intent, i) => ({ intent, receipt: receipts[i] })),
        signal,
      );
      expect(provider.removed.map((call) => call.map(({ receipt }) => receipt))).toEqual([
        [{ id: 0 }, { id: 1 }, { id: 2 }],
      ]);
      expect(dns.valuesAt('_acme-challenge.a.example.')).toEqual(['foreign']);
      expect(dns.valuesAt('_acme-challenge.b.other.test.')).toEqual([]);
    });
  });

  it('looks each name up once', async () => {
    await onStage(async ({ dns, solver }) => {
      await locate(solver(), [apex, wildcard]);
      expect(dns.lookups).toEqual(['SOA a.example.', 'CNAME _acme-challenge.a.example.']);
    });
  });

  it('tells programs which challenge a record is for', async () => {
    await onStage(async ({ provider, solver }) => {
      const subject = solver();
      await subject.present(await locate(subject, [wildcard]), signal);
      const { token, keyAuthorization } = wildcard;
      expect(provider.added[0]?.[0]?.challenge).toEqual({ domain: 'a.example', token, keyAuthorization });
    });
  });

  it('follows CNAMEs into another zone, unless told not to', async () => {
    await onStage(async ({ dns, solver }) => {
      dns.cnames.set('_acme-challenge.a.example.', 'Box.Other.Test.');
      const [followed] = await locate(solver(), [apex]);
      expect(followed?.record).toMatchObject({ name: 'box.other.test.', zone: 'other.test.' });
      const [kept] = await locate(solver({ followCname: false }), [apex]);
      expect(kept?.record).toMatchObject({ name: '_acme-challenge.a.example.', zone: 'example.' });
    });
  });

  it('refuses a name with its wildcard before any order where the provider keeps one value', async () => {
    await onStage(async ({ provider, solver }) => {
      const both = [apex, wildcard].map(({ identifier, wildcard: isWildcard }) => ({
        identifier,
        wildcard: isWildcard,
      }));
      expect(() => solver().assess?.(both)).not.toThrow();
      provider.values = 'one';
      expect(() => solver().assess?.(both)).toThrow(/a\.example and \*\.a\.example need two values/);
      expect(() => solver().assess?.(both.slice(1))).not.toThrow();
    });
  });

  it('needs no zone for a provider that asks for none, and leaves it out where it cannot be found', async () => {
    await onStage(async ({ dns, provider, solver }) => {
      provider.zones = 'not-needed';
      dns.zones.length = 0;
      const located = await locate(solver(), [apex]);
      expect(located[0]?.record).toMatchObject({ name: '_acme-challenge.a.example.', zone: '' });
    });
  });

  it('says which names cannot be located', async () => {
    await onStage(async ({ dns, solver }) => {
      dns.failing.set('_acme-challenge.b.other.test.', new EversealError('dns-failed', 'ns1 said SERVFAIL'));
      const lost = intentFor('dns-01', 'nowhere.invalid');
      const failure = await locate(solver(), [other, apex, lost]).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(BatchError);
      expect(failure).toMatchObject({
        message: 'ns1 said SERVFAIL (and 1 more)',
        failures: [
          { index: 0, error: { code: 'dns-failed' } },
          { index: 2, error: { code: 'name-not-found' } },
        ],
      });
    });
  });

  it('says which names do not show', async () => {
    await onStage(async ({ dns, provider, solver }) => {
      const subject = solver({ timing: { timeoutMs: 5_000 } });
      const batch = await locate(subject, [apex, other]);
      await subject.present(batch, signal);
      dns.drop('_acme-challenge.b.other.test.', digest(other));
      const failure = await subject.wait(batch, signal).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'not-propagated', failures: [{ index: 1 }] });
      expect(provider.removed).toEqual([]);
    });
  });

  it('cleans up from the intents alone, and locates those that have no place', async () => {
    await onStage(async ({ dns, provider, solver }) => {
      dns.cnames.set('_acme-challenge.a.example.', 'box.other.test.');
      const first = solver();
      const batch = await locate(first, [apex, other]);
      await first.present(batch, signal);
      const journalled: ChallengeIntent[] = JSON.parse(JSON.stringify([apex, batch[1]]));
      await solver().cleanup(
        journalled.map((intent) => ({ intent })),
        signal,
      );
      expect([dns.valuesAt('box.other.test.'), dns.valuesAt('_acme-challenge.b.other.test.')]).toEqual([[], []]);
      expect(provider.removed[0]?.[0]?.record.zone).toBe('other.test.');
    });
  });

  it('removes what it finds even when another place is not found any more', async () => {
    await onStage(async ({ dns, solver }) => {
      const subject = solver();
      const [located] = await locate(subject, [other]);
      if (located === undefined) throw new Error('nothing was located');
      await subject.present([located], signal);
      dns.failing.set('_acme-challenge.a.example.', new EversealError('dns-failed', 'ns1 said SERVFAIL'));
      const cleaned = subject.cleanup([{ intent: apex }, { intent: located }], signal);
      await expect(cleaned).rejects.toMatchObject({ code: 'dns-failed' });
      expect(dns.valuesAt('_acme-challenge.b.other.test.')).toEqual([]);
    });
  });

  it('waits by the provider’s timing, what it says when asked, or the user’s', async () => {
    await onStage(async ({ provider, ports, solver }) => {
      provider.lagMs = 1_000_000;
      const lasts = async (options: Partial<DnsSolverOptions>) => {
        const subject = solver(options);
        const batch = await locate(subject, [intentFor('dns-01', `t${ports.clock.monotonic()}.example`)]);
        await subject.present(batch, signal);
        const before = ports.clock.monotonic();
        await expect(subject.wait(batch, signal)).rejects.toMatchObject({ code: 'not-propagated' });
        return Math.round((ports.clock.monotonic() - before) / 10_000) * 10;
      };
      expect(await lasts({})).toBe(30);
      provider.askTiming = async () => ({ timeoutMs: 60_000, intervalMs: 1_000 });
      expect(await lasts({})).toBe(60);
      expect(await lasts({ timing: { timeoutMs: 90_000 } })).toBe(90);
      expect(await lasts({ timing: { intervalMs: 500 } })).toBe(60);
    });
  });

  it('refuses two values at one name before anything is written where the provider keeps one', async () => {
    await onStage(async ({ dns, provider, solver }) => {
      provider.values = 'one';
      const failure = await locate(solver(), [apex, other, wildcard]).catch((error: unknown) => error);
      expect(failure).toMatchObject({
        code: 'unsupported',
        message: expect.stringMatching(
          /^a\.example and \*\.a\.example need two values at _acme-challenge\.a\.example\..* fake keeps one/,
        ),
        next: expect.stringContaining('two certificates'),
        failures: [{ index: 2 }],
      });
      expect(await locate(solver(), [apex, other])).toHaveLength(2);
      dns.cnames
        .set('_acme-challenge.a.example.', 'box.other.test.')
        .set('_acme-challenge.b.other.test.', 'box.other.test.');
      await expect(locate(solver(), [apex, other])).rejects.toMatchObject({ code: 'unsupported' });
    });
  });

  it('is for names of its domains, wildcards too, and not for addresses', async () => {
    await onStage(async ({ solver }) => {
      const ip = { type: 'ip', value: '192.0.2.7' } as const;
      expect([solver().fits(apex.identifier, true), solver().fits(ip, false)]).toEqual([true, false]);
      const own = solver({ names: ['a.example', '*.other.test'] });
      expect([apex, wildcard, other].map((intent) => own.fits(intent.identifier, intent.wildcard))).toEqual([
        true,
        true,
        true,
      ]);
      expect(own.fits({ type: 'dns', value: 'other.test' }, false)).toBe(false);
      expect(own.fits({ type: 'dns', value: 'c.example' }, false)).toBe(false);
    });
  });

  it('closes its provider, and outlives the process', async () => {
    await onStage(async ({ provider, solver }) => {
      const subject = solver();
      await subject.close();
      expect([provider.closed, subject.durable, subject.scope]).toEqual([1, true, 'order']);
    });
  });

  it('stops at once when the caller gives up', async () => {
    await onStage(async ({ solver }) => {
      const abort = new AbortController();
      const located = solver().locate?.([apex], abort.signal);
      abort.abort(new EversealError('aborted', 'stop'));
      await expect(located).rejects.toMatchObject({ code: 'aborted' });
    });
  });
});

describe('a dns-account-01 solver', () => {
  it('uses the account’s own name, so that two accounts are not in each other’s way', async () => {
    await onStage(async ({ solver }) => {
      const subject = solver({ type: 'dns-account-01' });
      const mine = intentFor('dns-account-01', 'a.example');
      const theirs = { ...mine, accountUrl: 'https://example.com/acme/acct/ExampleAccount' };
      const names = (await locate(subject, [mine, theirs])).map(({ record }) => record?.name);
      expect(names[1]).toBe('_ujmmovf2vn55tgye._acme-challenge.a.example.');
      expect(names[0]).toMatch(/^_[a-z2-7]{16}\._acme-challenge\.a\.example\.$/);
      expect(names[0]).not.toBe(names[1]);
    });
  });
});
