import { describe, expect, it } from 'vitest';
import { World } from '../../sim/index.ts';
import { inTown, type Client, type Town } from '../../sim/town.ts';
import type { ChallengeIntent, Solver } from '../challenges/solver.ts';
import { BatchError, EversealError, type EversealEvent } from '../core/index.ts';
import type { CertificateReport } from './report.ts';
import type { CertificateSpec } from './spec.ts';

const two = ['www.example', 'n1.example'];
const broken = new EversealError('provider-failed', 'the API is away', { next: 'Wait.' });

/** Answers as the town's own solver does, with some methods replaced, and notes what is called on it. */
function noting(log: string[], changes: (plain: Solver) => Partial<Solver> = () => ({})): (plain: Solver) => Solver {
  return (plain) => {
    const solver: Solver = {
      type: plain.type,
      scope: plain.scope,
      durable: plain.durable,
      fits: (identifier, wildcard) => plain.fits(identifier, wildcard),
      prepare: (signal) => plain.prepare(signal),
      present: (batch, signal) => plain.present(batch, signal),
      wait: (batch, signal) => plain.wait(batch, signal),
      cleanup: (batch, signal) => plain.cleanup(batch, signal),
      close: () => plain.close(),
      ...changes(plain),
    };
    return {
      ...solver,
      ...(solver.locate && { locate: told('locate', solver.locate) }),
      present: told('present', solver.present),
      wait: told('wait', solver.wait),
      cleanup: told('cleanup', solver.cleanup),
    };
  };

  function told<A extends readonly unknown[], R>(what: string, method: (...args: A) => Promise<R>) {
    return async (...args: A): Promise<R> => {
      log.push(what);
      return method(...args);
    };
  }
}

async function issue(
  town: Town,
  wrapSolver: (solver: Solver) => Solver,
  changes: (client: Client) => Partial<CertificateSpec> = () => ({}),
): Promise<CertificateReport> {
  return town.visit(
    async (client) => {
      const report = await client.run([client.spec(two, changes(client))]);
      const [only] = report.certificates;
      if (only === undefined) throw new Error('one certificate was asked for');
      return only;
    },
    { wrapSolver },
  );
}

const front = { front: true };

describe('solving an order', () => {
  it('locates, presents, waits and cleans up, each once for all names', async () => {
    const log: string[] = [];
    const located: ChallengeIntent[] = [];
    const placed = { name: '_acme-challenge.example.', zone: 'example.', value: 'v' };
    const solver = noting(log, (plain) => ({
      locate: async (batch) => batch.map((intent) => ({ ...intent, record: placed })),
      present: (batch, signal) => {
        located.push(...batch);
        return plain.present(batch, signal);
      },
    }));
    await inTown(
      new World({ seed: 'once' }),
      async (town) => {
        expect(await issue(town, solver)).toMatchObject({ outcome: 'issued' });
        expect(log).toEqual(['locate', 'present', 'wait', 'cleanup']);
        expect(located.map(({ record, accountUrl }) => [record, accountUrl.startsWith('https://ca.test/')])).toEqual(
          two.map(() => [placed, true]),
        );
      },
      front,
    );
  });

  it('leaves each name to the first solver that serves it: other providers for other zones in one certificate', async () => {
    const shares: Record<string, readonly string[]> = {};
    const serving = (name: string): ((plain: Solver) => Solver) =>
      noting([], (plain) => ({
        fits: (identifier) => identifier.value === name,
        present: (batch, signal) => {
          shares[name] = batch.map(({ identifier }) => identifier.value);
          return plain.present(batch, signal);
        },
      }));
    await inTown(
      new World({ seed: 'shares' }),
      async (town) => {
        const report = await issue(
          town,
          (plain) => plain,
          ({ spec }) => ({ solvers: two.flatMap((name) => spec(two).solvers.map(serving(name))) }),
        );
        expect(report).toMatchObject({ outcome: 'issued' });
        expect(shares).toEqual(Object.fromEntries(two.map((name) => [name, [name]])));
        expect(town.ca.stats().orders).toBe(1);
      },
      front,
    );
  });

  it('writes under the locks that the solver names: two processes with one lock never write at once', async () => {
    let writing = 0;
    let most = 0;
    const alone = async <T>(ports: { sleep(ms: number): Promise<void> }, work: () => Promise<T>): Promise<T> => {
      writing += 1;
      most = Math.max(most, writing);
      await ports.sleep(400);
      writing -= 1;
      return work();
    };
    await inTown(
      new World({ seed: 'locks' }),
      async (town) => {
        const solver = (plain: Solver): Solver => ({
          ...noting([])(plain),
          locks: (batch) => batch.map(() => ({ key: 'the-zone', hold: 'write' })),
          present: (batch, signal) => alone(town.world, () => plain.present(batch, signal)),
          cleanup: (batch, signal) => alone(town.world, () => plain.cleanup(batch, signal)),
        });
        const work = (name: string) =>
          town.visit((client) => client.run([client.spec([name])]), { name, wrapSolver: solver });
        await Promise.all(two.map(work));
        expect([most, town.commits.length]).toEqual([1, 2]);
      },
      front,
    );
  });

  it('holds the lock of a slot until its answer is removed', async () => {
    const log: string[] = [];
    await inTown(
      new World({ seed: 'slot' }),
      async (town) => {
        const solver =
          (name: string) =>
          (plain: Solver): Solver => ({
            ...noting([])(plain),
            locks: () => [{ key: 'the-slot', hold: 'order' }],
            present: (batch, signal) => {
              log.push(`${name} put`);
              return plain.present(batch, signal);
            },
            cleanup: (batch, signal) => {
              log.push(`${name} cleared`);
              return plain.cleanup(batch, signal);
            },
          });
        const work = (name: string) =>
          town.visit((client) => client.run([client.spec([name])]), { name, wrapSolver: solver(name) });
        await Promise.all(two.map(work));
        const [first, second] = log[0] === 'www.example put' ? two : [...two].reverse();
        expect(log).toEqual([`${first} put`, `${first} cleared`, `${second} put`, `${second} cleared`]);
      },
      front,
    );
  });

  it('goes on with another solver in the same order when the first cannot present', async () => {
    const log: string[] = [];
    await inTown(
      new World({ seed: 'fallback' }),
      async (town) => {
        const solver = noting(log);
        const away: Solver = {
          ...noting([])(idleSolver()),
          type: 'dns-01',
          present: async () => {
            throw broken;
          },
        };
        const report = await issue(town, solver, ({ spec }) => ({ solvers: [away, ...spec(two).solvers] }));
        expect(report).toMatchObject({ outcome: 'issued' });
        expect(failed(town.events)).toEqual(two.map((name) => `dns-01 ${name}: the API is away`));
        expect(town.ca.stats().orders).toBe(1);
      },
      front,
    );
  });

  it('fails with what the only solver failed with, and leaves nothing', async () => {
    await inTown(
      new World({ seed: 'alone' }),
      async (town) => {
        const solver = noting([], (plain) => ({
          wait: async (batch, signal) => {
            await plain.wait(batch, signal);
            throw broken;
          },
        }));
        expect(await issue(town, solver)).toMatchObject({ outcome: 'failed', because: 'provider-failed' });
        expect(town.shown.size).toBe(0);
      },
      front,
    );
  });
});

describe('what a solver can never do', () => {
  const refusing = (plain: Solver): Solver => ({
    ...noting([])(plain),
    assess: (names) => {
      if (names.length > 1)
        throw new BatchError([{ index: 1, error: new EversealError('unsupported', 'one value a name') }]);
    },
  });

  it('is refused before an order', async () => {
    await inTown(
      new World({ seed: 'assess' }),
      async (town) => {
        expect(await issue(town, refusing)).toMatchObject({ outcome: 'failed', because: 'unsupported' });
        expect(town.ca.stats().orders).toBe(0);
      },
      front,
    );
  });

  it('is left out where that is wanted', async () => {
    await inTown(
      new World({ seed: 'assess partial' }),
      async (town) => {
        const report = await issue(town, refusing, () => ({ partial: true }));
        expect(report).toMatchObject({ outcome: 'issued', omitted: [{ identifier: { value: two[1] } }] });
        expect(town.ca.stats().orders).toBe(1);
      },
      front,
    );
  });
});

describe('partial issuance', () => {
  const second = new BatchError([{ index: 1, error: broken }]);
  const halfBroken = noting([], (plain) => ({
    locate: async (batch) => {
      if (batch.length > 1) throw second;
      return batch;
    },
    fits: (identifier, wildcard) => plain.fits(identifier, wildcard),
  }));

  it('is refused unless asked for, naming what failed', async () => {
    await inTown(
      new World({ seed: 'all-or-nothing' }),
      async (town) => {
        expect(await issue(town, halfBroken)).toMatchObject({
          outcome: 'failed',
          error: { message: 'the API is away' },
        });
        expect(failed(town.events)).toHaveLength(1);
      },
      front,
    );
  });

  it('leaves out what cannot be proved, says so, and the next run does not take that for a change', async () => {
    await inTown(
      new World({ seed: 'partial' }),
      async (town) => {
        const report = await issue(town, halfBroken, () => ({ partial: true }));
        expect(report).toMatchObject({ outcome: 'issued', facts: { identifiers: [expect.anything()] } });
        expect(report.omitted).toEqual([{ identifier: expect.anything(), reason: 'the API is away' }]);
        expect(town.events).toContainEqual(expect.objectContaining({ type: 'names.omitted' }));
        const again = await issue(town, halfBroken, () => ({ partial: true }));
        expect(again).toMatchObject({ outcome: 'kept', omitted: report.omitted });
      },
      front,
    );
  });

  it('leaves out what the CA refuses by name', async () => {
    await inTown(
      new World({ seed: 'refused' }),
      async (town) => {
        const report = await issue(town, noting([]), () => ({ partial: true }));
        expect(report).toMatchObject({
          outcome: 'issued',
          omitted: [{ identifier: { type: 'dns', value: 'n1.example' }, reason: expect.any(String) }],
        });
      },
      { ...front, ca: { refusedNames: ['n1.example'] } },
    );
  });
});

describe('answers that were refused', () => {
  it('are not said to be left behind when their removal is refused likewise', async () => {
    const refusal = new EversealError('dns-refused', 'ns1 says BADKEY');
    const refuse = async (): Promise<never> => {
      throw refusal;
    };
    await inTown(
      new World({ seed: 'refusal' }),
      async (town) => {
        const report = await issue(
          town,
          noting([], () => ({ present: refuse, cleanup: refuse })),
        );
        expect(report).toMatchObject({ outcome: 'failed', because: 'dns-refused' });
        expect(town.events.filter(({ type }) => type === 'warning')).toEqual([]);
      },
      front,
    );
  });
});

describe('answers that could not be removed', () => {
  it('are removed by the next run, though nothing is due', async () => {
    await inTown(
      new World({ seed: 'leftovers' }),
      async (town) => {
        const stuck = noting([], () => ({
          cleanup: async () => {
            throw broken;
          },
        }));
        expect(await issue(town, stuck)).toMatchObject({ outcome: 'issued' });
        expect(town.shown.size).toBe(2);
        expect(await issue(town, noting([]))).toMatchObject({ outcome: 'kept' });
        expect(town.shown.size).toBe(0);
        await town.visit(async ({ stores }) => expect(await stores.journal.unfinished()).toEqual([]));
      },
      front,
    );
  });

  it('are told to a person when nothing here can remove them any more', async () => {
    await inTown(
      new World({ seed: 'orphans' }),
      async (town) => {
        const stuck = noting([], () => ({
          cleanup: async () => {
            throw broken;
          },
        }));
        await issue(town, stuck);
        await issue(town, (plain) => ({ ...noting([])(plain), type: 'tls-alpn-01' }));
        const warnings = town.events.flatMap((event) => (event.type === 'warning' ? event.message : []));
        expect(warnings.filter((text) => text.includes('by hand'))).toHaveLength(2);
      },
      front,
    );
  });

  it.each<[string, Partial<Solver>]>([
    ['a listener', { durable: false }],
    ['another provider', { writer: 'other' }],
  ])('are not left to %s that did not make them', async (_, other) => {
    await inTown(
      new World({ seed: 'writers' }),
      async (town) => {
        const stuck = noting([], () => ({
          writer: 'first',
          cleanup: async () => {
            throw broken;
          },
        }));
        await issue(town, stuck);
        const log: string[] = [];
        await issue(
          town,
          noting(log, () => ({ writer: 'first', ...other })),
        );
        expect(log).not.toContain('cleanup');
        const warnings = town.events.flatMap((event) => (event.type === 'warning' ? event.message : []));
        expect(warnings.filter((text) => text.includes('by hand'))).toHaveLength(2);
      },
      front,
    );
  });

  it('are removed by who made them', async () => {
    await inTown(
      new World({ seed: 'writers' }),
      async (town) => {
        const stuck = noting([], () => ({
          writer: 'first',
          cleanup: async () => {
            throw broken;
          },
        }));
        await issue(town, stuck);
        await issue(
          town,
          noting([], () => ({ writer: 'first' })),
        );
        expect(town.shown.size).toBe(0);
      },
      front,
    );
  });
});

function failed(events: readonly EversealEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'challenge.failed' ? `${event.challenge} ${event.identifier.value}: ${event.reason}` : [],
  );
}

/** A solver that does nothing. */
function idleSolver(): Solver {
  return {
    type: 'http-01',
    scope: 'order',
    durable: false,
    fits: () => true,
    prepare: async () => undefined,
    present: async (batch) => batch.map(() => ({})),
    wait: async () => undefined,
    cleanup: async () => undefined,
    close: async () => undefined,
  };
}
