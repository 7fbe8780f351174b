import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRecordLines, textOfTxt } from '../dns/index.ts';
import { entry } from './manual.ts';
import './manual-provider.ts'; // loaded before virtual time begins
import { textToCreate, textToRemove } from './manual-text.ts';
import { failureOf, onStage, recordFor, signal } from './stage.testing.ts';

const apex = recordFor('example.com', 'value-1', 'example.com.');
const wildcard = recordFor('example.com', 'value-2', 'example.com.');
const www = recordFor('www.example.net', 'value-3', 'example.net.');

describe('manual', () => {
  it('shows all records of an order at once and asks once', async () => {
    await onStage({ entry, interactive: true }, async ({ open, process }) => {
      process.terminal.answers.push('');
      const provider = await open();
      expect(await provider.add([apex, wildcard, www], signal)).toHaveLength(3);
      expect(process.terminal.stdout).toBe('');
      expect(process.terminal.stderr.split('\n')).toEqual([
        '',
        'Please create 3 TXT records:',
        '',
        '  Zone         Name                 Type  TTL  Value',
        '  example.com  _acme-challenge      TXT   120  value-1',
        '  example.com  _acme-challenge      TXT   120  value-2',
        '  example.net  _acme-challenge.www  TXT   120  value-3',
        '',
        'The same as lines of a zone file:',
        '',
        '  _acme-challenge.example.com.      120  IN  TXT  "value-1"',
        '  _acme-challenge.example.com.      120  IN  TXT  "value-2"',
        '  _acme-challenge.www.example.net.  120  IN  TXT  "value-3"',
        '',
        'A name that is listed twice needs both values at the same time.',
        '',
        'Press Enter when this is done (Ctrl-C gives up): ',
      ]);
    });
  });

  it('lists what can be removed, and does not ask', async () => {
    await onStage({ entry, interactive: true }, async ({ open, process }) => {
      const provider = await open({ MANUAL_TTL: '60' });
      await provider.remove([{ record: apex }, { record: { ...www, ttl: 300 } }], signal);
      await provider.remove([], signal);
      expect(process.terminal.stderr.split('\n')).toEqual([
        '',
        'These TXT records are no longer needed, you can remove them:',
        '',
        '  _acme-challenge.example.com.      60   IN  TXT  "value-1"',
        '  _acme-challenge.www.example.net.  300  IN  TXT  "value-3"',
        '',
        '',
      ]);
    });
  });

  it('takes the end of input for a refusal', async () => {
    await onStage({ entry, interactive: true }, async ({ open }) => {
      expect(await failureOf((await open()).add([apex], signal))).toMatchObject({
        code: 'provider-failed',
        message: 'manual: nobody confirmed 1 TXT record: the input ended',
      });
    });
  });

  it('is an error without a terminal, before anything is shown', async () => {
    await onStage({ entry }, async ({ open, process }) => {
      const provider = await open();
      expect(await failureOf(provider.add([apex], signal))).toMatchObject({
        code: 'usage',
        next: expect.stringContaining('MANUAL_MODE=wait'),
      });
      expect(process.terminal.stderr).toBe('');
    });
  });

  it('can say what to remove without a terminal, too', async () => {
    await onStage({ entry }, async ({ open, process }) => {
      await (await open()).remove([{ record: apex }], signal);
      expect(process.terminal.stderr).toContain('This TXT record is no longer needed');
    });
  });

  it('waits for a time with MANUAL_MODE=wait', async () => {
    await onStage({ entry }, async ({ open, ports, process, events }) => {
      const provider = await open({ MANUAL_MODE: 'wait', MANUAL_WAIT: '300' });
      const before = ports.clock.monotonic();
      await provider.add([apex], signal);
      expect(ports.clock.monotonic() - before).toBeCloseTo(300_000, -3);
      expect(process.terminal.stderr).toContain('value-1');
      expect(process.terminal.stderr).toContain('Going on in 300 s.');
      expect(events).toEqual([{ type: 'waiting', what: 'manual: 1 TXT record to be made', ms: 300_000 }]);
    });
  });

  it('gives the wait up with the signal', async () => {
    await onStage({ entry }, async ({ open, ports }) => {
      const giveUp = new AbortController();
      const adding = failureOf((await open({ MANUAL_MODE: 'wait' })).add([apex], giveUp.signal));
      await ports.clock.sleep(1000);
      giveUp.abort(new Error('Ctrl-C'));
      expect(await adding).toMatchObject({ message: 'Ctrl-C' });
    });
  });

  it('asks without a terminal with MANUAL_MODE=prompt', async () => {
    await onStage({ entry }, async ({ open, process }) => {
      process.terminal.answers.push('');
      expect(await (await open({ MANUAL_MODE: 'prompt' })).add([apex], signal)).toHaveLength(1);
    });
  });

  it('knows no other mode', async () => {
    await onStage({ entry }, async ({ open }) => {
      expect(await failureOf(open({ MANUAL_MODE: 'ask' }))).toMatchObject({
        code: 'usage',
        message: 'manual: MANUAL_MODE=ask is not known',
      });
    });
  });

  it('has one terminal for all orders', async () => {
    await onStage({ entry }, async ({ open }) => {
      const provider = await open();
      expect(provider.zones).toBe('needed');
      expect(provider.timing).toEqual({ timeoutMs: 60_000, intervalMs: 2000 });
      expect(provider.locks([apex])).toEqual(provider.locks([www]));
    });
  });
});

describe('the lines for a zone file', () => {
  it('mean the record, whatever its value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 600 }), (value) => {
        const text = textToRemove([{ ...apex, value, ttl: 60 }]);
        const line = text.split('\n').find((candidate) => candidate.includes(' IN '));
        const [record] = parseRecordLines((line ?? '').trim(), { origin: '.', ttl: 1 });
        if (record?.type !== 'TXT') throw new Error('no TXT record');
        expect(textOfTxt(record)).toBe(value);
      }),
    );
  });

  it('show the whole name where the zone is not known', () => {
    expect(textToCreate([{ ...apex, zone: '', ttl: 60 }])).toContain('_acme-challenge.example.com  TXT');
  });

  it('show the apex as @', () => {
    expect(textToCreate([{ name: 'example.com.', zone: 'example.com.', value: 'v', ttl: 60 }])).toContain('@ ');
  });
});
