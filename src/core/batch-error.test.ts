import { describe, expect, it } from 'vitest';
import { BatchError } from './batch-error.ts';
import { EversealError } from './error.ts';

describe('a batch that failed in part', () => {
  const timeout = new EversealError('timeout', 'ns1 does not answer', { next: 'Ask ns2.' });
  const refused = new EversealError('dns-refused', 'ns2 refuses');

  it('speaks for its first failure', () => {
    expect(new BatchError([{ index: 3, error: timeout }])).toMatchObject({
      code: 'timeout',
      message: 'ns1 does not answer',
      next: 'Ask ns2.',
    });
  });

  it('counts what else went wrong, the same failure once', () => {
    const failures = [timeout, timeout, refused].map((error, index) => ({ index, error }));
    expect(new BatchError(failures).message).toBe('ns1 does not answer (and 1 more)');
  });

  it('needs a failure', () => {
    expect(() => new BatchError([])).toThrow(TypeError);
  });
});
