import { describe, expect, it } from 'vitest';
import { SharedWork } from './shared-work.ts';

/** Work that ends when told to, and counts. */
class Task {
  begun = 0;
  signal: AbortSignal | undefined;
  end: (text: string) => void = () => undefined;

  readonly run = (signal: AbortSignal): Promise<string> => {
    this.begun += 1;
    this.signal = signal;
    return new Promise((resolve, reject) => {
      this.end = resolve;
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  };
}

const never = new AbortController().signal;

describe('shared work', () => {
  it('is done once for all who want it at one time, and again later', async () => {
    const [shared, task] = [new SharedWork<string>(), new Task()];
    const both = Promise.all([shared.join('a', never, task.run), shared.join('a', never, task.run)]);
    task.end('done');
    expect(await both).toEqual(['done', 'done']);
    const later = shared.join('a', never, task.run);
    task.end('again');
    expect([await later, task.begun]).toEqual(['again', 2]);
  });

  it('goes on when one of them leaves', async () => {
    const [shared, task, stop] = [new SharedWork<string>(), new Task(), new AbortController()];
    const leaving = shared.join('a', stop.signal, task.run);
    const staying = shared.join('a', never, task.run);
    stop.abort('enough');
    await expect(leaving).rejects.toBe('enough');
    task.end('done');
    expect(await staying).toBe('done');
  });

  it('is given up when the last one leaves, and who comes then begins anew', async () => {
    const [shared, task, stop] = [new SharedWork<string>(), new Task(), new AbortController()];
    const leaving = shared.join('a', stop.signal, task.run);
    const given = task.signal;
    stop.abort('enough');
    const coming = shared.join('a', never, task.run);
    await expect(leaving).rejects.toBe('enough');
    task.end('done');
    expect([await coming, given?.aborted, task.begun]).toEqual(['done', true, 2]);
  });

  it('hands its failure to all', async () => {
    const shared = new SharedWork<string>();
    const fail = () => Promise.reject('broken');
    const both = await Promise.allSettled([shared.join('a', never, fail), shared.join('a', never, fail)]);
    expect(both).toEqual([1, 2].map(() => ({ status: 'rejected', reason: 'broken' })));
  });
});
