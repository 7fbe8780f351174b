import { describe, expect, it } from 'vitest';
import { World } from '../../sim/index.ts';
import { type AnswerKind, MemoryAnswers, type Ports } from '../core/index.ts';
import { answersSolver } from './answers-solver.ts';
import type { ChallengeIntent } from './solver.ts';

const signal = new AbortController().signal;

function intentOf(type: AnswerKind, token: string): ChallengeIntent {
  const identifier = { type: 'dns', value: 'a.example' } as const;
  return { type, identifier, wildcard: false, token, keyAuthorization: `${token}.print`, accountUrl: 'https://ca/1' };
}

async function inWorld(story: (ports: Ports) => Promise<void>): Promise<void> {
  const world = new World({ seed: 'answers' });
  const booted = world.boot({ machine: world.machine({ name: 'node' }), name: 'client', main: story });
  const exit = await world.drive(booted.exited);
  if (exit.how === 'failed') throw exit.error;
}

describe('published answers', () => {
  it.each([
    ['http-01', 'token'],
    ['tls-alpn-01', 'a.example'],
  ] as const)('of %s are found under %s until cleaned up', async (type, key) => {
    await inWorld(async ({ clock }) => {
      const answers = new MemoryAnswers();
      const solver = answersSolver({ type, answers, clock, delayMs: 2000 });
      const intent = intentOf(type, 'token');
      await solver.present([intent], signal);
      expect(await answers.get(type, key)).toBe('token.print');
      const before = clock.monotonic();
      await solver.wait([intent], signal);
      expect(clock.monotonic() - before).toBeGreaterThanOrEqual(2000);
      await solver.cleanup([{ intent }], signal);
      await solver.cleanup([{ intent }], signal);
      expect(await answers.get(type, key)).toBeUndefined();
    });
  });

  it('of another order under the same name stay', async () => {
    await inWorld(async ({ clock }) => {
      const answers = new MemoryAnswers();
      const solver = answersSolver({ type: 'tls-alpn-01', answers, clock });
      const [mine, other] = [intentOf('tls-alpn-01', 'mine'), intentOf('tls-alpn-01', 'other')];
      await solver.present([mine], signal);
      await solver.present([other], signal);
      await solver.cleanup([{ intent: mine }], signal);
      expect(await answers.get('tls-alpn-01', 'a.example')).toBe('other.print');
      expect(solver.locks?.([mine, other])).toEqual([{ key: 'tls-alpn-01 a.example', hold: 'order' }]);
    });
  });

  it('outlive the process, and are not for wildcards', async () => {
    await inWorld(async ({ clock }) => {
      const solver = answersSolver({ type: 'http-01', answers: new MemoryAnswers(), clock });
      expect([solver.durable, solver.scope, solver.locks?.([intentOf('http-01', 'x')])]).toEqual([true, 'order', []]);
      expect(solver.fits({ type: 'dns', value: 'a.example' }, true)).toBe(false);
    });
  });
});
