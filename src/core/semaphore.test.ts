import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EversealError } from './error.ts';
import { mapAll, Semaphore } from './semaphore.ts';

/** Work that ends when told to. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await undefined;
}

describe('Semaphore', () => {
  it('lets as many run as its limit, the others in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 12 }), async (limit, count) => {
        const semaphore = new Semaphore(limit);
        const gates = Array.from({ length: count }, gate);
        const began: number[] = [];
        const all = gates.map(({ opened }, index) =>
          semaphore.run(async () => {
            began.push(index);
            await opened;
          }),
        );
        for (const [index, { open }] of gates.entries()) {
          await turns(8);
          expect(began).toHaveLength(Math.min(count, limit + index));
          open();
        }
        await Promise.all(all);
        expect(began).toEqual(gates.map((_, index) => index));
      }),
    );
  });

  it('gives its place back when the work fails', async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.run(() => Promise.reject(new EversealError('io', 'x')))).rejects.toThrow('x');
    expect(await semaphore.run(async () => 'next')).toBe('next');
  });

  it.each([0, -1, 1.5, Number.NaN])('has no limit of %d', (limit) => {
    expect(() => new Semaphore(limit)).toThrow(TypeError);
  });
});

describe('mapAll', () => {
  it('gives results in the order of the items', async () => {
    const results = await mapAll(['a', 'b', 'c'], new Semaphore(2), async (item, index) => `${item}${index}`);
    expect(results).toEqual(['a0', 'b1', 'c2']);
  });

  it('fails with the first failure by order, after all have ended', async () => {
    const last = gate();
    let ended = 0;
    const work = mapAll([0, 1, 2], new Semaphore(3), async (item) => {
      if (item === 0) await last.opened;
      ended += 1;
      if (item < 2) throw new EversealError('io', `failure ${item}`);
    });
    await turns(8);
    expect(ended).toBe(2);
    last.open();
    await expect(work).rejects.toThrow('failure 0');
    expect(ended).toBe(3);
  });
});
