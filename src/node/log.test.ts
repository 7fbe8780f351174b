import { describe, expect, it } from 'vitest';
import { Secret } from '../core/index.ts';
import { silentLog, textLog } from './log.ts';

function logged(write: (log: ReturnType<typeof textLog>) => void, level: 'debug' | 'warn' = 'debug'): string {
  const lines: string[] = [];
  const clock = { now: () => new Date('2030-01-02T03:04:05.678Z') };
  write(textLog({ terminal: { writeError: (text) => lines.push(text) }, clock, level }));
  return lines.join('');
}

describe('textLog', () => {
  it('writes one line an entry: time, level, message, fields', () => {
    const text = logged((log) =>
      log.warn('the CA is slow', { url: 'https://ca.test/a', ms: 1200, note: 'a b', gone: undefined }),
    );
    expect(text).toBe('2030-01-02T03:04:05.678Z WARN  the CA is slow url=https://ca.test/a ms=1200 note="a b"\n');
  });

  it('leaves out what is below its level', () => {
    const all = (log: ReturnType<typeof textLog>): void => {
      log.debug('d');
      log.info('i');
      log.warn('w');
      log.error('e');
    };
    expect(logged(all, 'warn').split('\n')).toHaveLength(3);
    expect(logged(all).split('\n')).toHaveLength(5);
  });

  it('keeps strange text on its line, and secrets out', () => {
    const text = logged((log) =>
      log.info('a\nb\u001b[2J', { key: new Secret('hunter2'), error: new TypeError('x\ny') }),
    );
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('hunter2');
    expect(text).toContain('error="x y"');
  });

  it('is silent when nobody reads', () => {
    expect(silentLog.info('x')).toBeUndefined();
  });
});
