import { describe, expect, it } from 'vitest';
import { EversealError, type ExchangeDnsOptions, fromUtf8, type Ports, utf8 } from '../core/index.ts';
import { decodeMessage, encodeMessage, newMessage, txtStrings } from '../dns/index.ts';
import { nodePorts } from '../node/index.ts';
import { openResolver } from './open-resolver.ts';

const signal = new AbortController().signal;

/** Ports on which every DNS server says "hello", and the addresses that were asked. */
function watchedPorts(resolvConf: string | undefined) {
  const asked: string[] = [];
  const real = nodePorts();
  const exchangeDns = async ({ address, message }: ExchangeDnsOptions): Promise<Uint8Array> => {
    asked.push(`${address.host}:${address.port}`);
    const { id, questions } = decodeMessage(message);
    const hello = { name: 'a.test.', class: 'IN', ttl: 60, type: 'TXT', strings: txtStrings('hello') } as const;
    return encodeMessage(newMessage({ id, response: true, questions, answers: [hello] }));
  };
  const read = async (): Promise<Uint8Array> => {
    if (resolvConf === undefined) throw new EversealError('file-not-found', 'There is no such file');
    return utf8(resolvConf);
  };
  const ports: Pick<Ports, 'net' | 'clock' | 'random'> = { ...real, net: { ...real.net, exchangeDns } };
  return { asked, ports: { ...ports, fs: { read } } };
}

describe('the resolver of the CA', () => {
  it('is the one it was told of', async () => {
    const { asked, ports } = watchedPorts('nameserver 192.0.2.1');
    const resolver = await openResolver({ ports, resolvers: [{ host: '::1', port: 5353 }], timeoutMs: 1000 });
    const { answers } = await resolver.query('a.test.', 'TXT', signal);
    expect(answers.map((record) => record.type === 'TXT' && fromUtf8(Buffer.concat(record.strings)))).toEqual([
      'hello',
    ]);
    expect(asked).toEqual(['::1:5353']);
  });

  it("is the system's when it was told of none, and believes nothing that it heard before", async () => {
    const { asked, ports } = watchedPorts('search a.test\nnameserver 192.0.2.1\n');
    const resolver = await openResolver({ ports, resolvers: undefined, timeoutMs: 1000 });
    await resolver.query('a.test.', 'TXT', signal);
    await resolver.query('a.test.', 'TXT', signal);
    expect(asked).toEqual(['192.0.2.1:53', '192.0.2.1:53']);
  });

  it('is missing, and says so', async () => {
    const { ports } = watchedPorts(undefined);
    const { fs: _fs, ...withoutDisk } = ports;
    for (const given of [ports, withoutDisk])
      await expect(openResolver({ ports: given, resolvers: undefined, timeoutMs: 1 })).rejects.toThrow(
        /no DNS resolver/,
      );
  });
});
