import { describe, expect, it } from 'vitest';
import { EversealError } from '../../core/index.ts';
import type { HostileRow } from './row.testing.ts';
import { type Scene, Stage } from './stage.testing.ts';
import { instead } from './tamper.testing.ts';
import { judge } from './verdict.testing.ts';

const refused: HostileRow = { input: 'refused', server: instead('newOrder', { status: 404 }), expect: 'acme-problem' };
const scene = new Stage('verdict').play(refused);

/** What a defect would look like, and how the verdict must see it. */
const defects: readonly (readonly [string, Partial<HostileRow>, (good: Scene) => Partial<Scene>])[] = [
  ['another outcome', {}, () => ({ outcome: 'issued' })],
  ['too many requests', { requests: 1 }, () => ({})],
  ['too much time', { withinMs: 0 }, () => ({})],
  ['control characters', {}, () => ({ error: new EversealError('acme-problem', 'a\u001b[31m') })],
  ['a message without end', {}, () => ({ error: new EversealError('acme-problem', 'a'.repeat(601)) })],
  ['the old certificate lost', {}, () => ({ stored: undefined })],
  ['another chain than stored', {}, ({ material }) => ({ material: material && { ...material, chain: '' } })],
  ['a request elsewhere', {}, () => ({ requests: [{ method: 'GET', url: 'https://evil.test/' }] })],
  [
    'a secret in an event',
    {},
    ({ world }) => ({ events: [{ type: 'warning', message: [...world.secrets][0] ?? expect.fail('no secret') }] }),
  ],
  ['no recovery', {}, ({ recovery }) => ({ recovery: recovery && { ...recovery, certificates: [] } })],
];

describe('the verdict', () => {
  it('lets a good scene pass', async () => {
    judge(refused, await scene);
  });

  it.each(defects)('sees %s', async (_what, row, change) => {
    const good = await scene;
    expect(() => judge({ ...refused, ...row }, { ...good, ...change(good) })).toThrow();
  });
});
