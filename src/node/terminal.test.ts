import { PassThrough } from 'node:stream';
import { ReadStream, WriteStream } from 'node:tty';
import { describe, expect, it } from 'vitest';
import { nodeTerminal } from './terminal.ts';

/** Streams that look like a terminal, or like pipes. */
function streams(look: { readonly isTTY: boolean; readonly columns?: number }) {
  const pipe = <T extends object>(kind: { readonly prototype: T }): PassThrough & T =>
    Object.assign(new PassThrough(), look, { kind }) as unknown as PassThrough & T;
  return { input: pipe(ReadStream), output: pipe(WriteStream), error: pipe(WriteStream) };
}

describe('nodeTerminal', () => {
  it('tells a terminal from a pipe', () => {
    const tty = nodeTerminal({}, streams({ isTTY: true, columns: 132 }));
    expect(tty).toMatchObject({ interactive: true, stdoutIsTty: true, colours: true, columns: 132 });
    const pipe = nodeTerminal({}, streams({ isTTY: false }));
    expect(pipe).toMatchObject({ interactive: false, stdoutIsTty: false, colours: false, columns: 80 });
  });

  it.each([
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '' }, true, true],
    [{ TERM: 'dumb' }, true, false],
  ])('with %j on a terminal (%j) colours are welcome: %j', (env, isTTY, colours) => {
    expect(nodeTerminal(env, streams({ isTTY })).colours).toBe(colours);
  });

  it('writes to the stream that is meant', () => {
    const given = streams({ isTTY: false });
    const terminal = nodeTerminal({}, given);
    terminal.write('out');
    terminal.writeError('err');
    expect([String(given.output.read()), String(given.error.read())]).toEqual(['out', 'err']);
  });

  it('does not mind a reader that went away', () => {
    const given = streams({ isTTY: false });
    nodeTerminal({}, given).write('out');
    expect(() => given.output.emit('error', Object.assign(new TypeError('EPIPE'), { code: 'EPIPE' }))).not.toThrow();
  });

  it('asks on standard error and reads one line', async () => {
    const given = streams({ isTTY: false });
    const answer = nodeTerminal({}, given).ask('Sure? ');
    given.input.write('yes\nmore\n');
    expect(await answer).toBe('yes');
    expect(String(given.error.read())).toBe('Sure? ');
    expect(given.output.read()).toBeNull();
  });

  it('has no answer at the end of input', async () => {
    const given = streams({ isTTY: false });
    given.input.end();
    expect(await nodeTerminal({}, given).ask('Sure? ')).toBeUndefined();
  });

  it('stops asking when the signal fires', async () => {
    const stop = new AbortController();
    const reason = new TypeError('stopped by the test');
    const answer = nodeTerminal({}, streams({ isTTY: false })).ask('Sure? ', stop.signal);
    stop.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await expect(nodeTerminal({}, streams({ isTTY: false })).ask('Sure? ', stop.signal)).rejects.toBe(reason);
  });
});
