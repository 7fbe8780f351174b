import { describe, expect, it } from 'vitest';
import { Secret } from '../../core/index.ts';
import { decodeMessage, encodeMessage, newMessage } from '../codec/index.ts';
import { rcodes } from '../message.ts';
import { serverTimeOf, signMessage, type TsigKey, verifyMessage } from '../tsig.ts';
import { records, StillClock } from './questions.testing.ts';
import { DnsServer } from './server.ts';
import { DnsZone } from './zone.ts';

const key = (name: string, secret: string): TsigKey => ({
  name,
  algorithm: 'hmac-sha256',
  secret: new Secret(Buffer.from(secret).toString('base64')),
});
const known = key('Update.Key.', 'the secret that both sides have');
const request = newMessage({
  id: 7,
  opcode: 'UPDATE',
  questions: [{ name: 'example.com.', type: 'SOA', class: 'IN' }],
  authorities: records('_acme-challenge TXT x'),
});

function town() {
  const clock = new StillClock();
  const zone = new DnsZone('example.com');
  const server = new DnsServer({ ports: { clock }, zones: [zone], keys: [key('other.', 'another'), known] });
  return { clock, zone, server };
}

async function update(server: DnsServer, data: Uint8Array): Promise<Uint8Array> {
  const reply = await server.handler(data, 'tcp');
  if (reply === undefined) throw new TypeError('the server stays silent');
  return reply;
}

describe('a server with keys', () => {
  it('takes a signed update, signs its reply, and notes who it was', async () => {
    const { clock, zone, server } = town();
    const { data, mac } = signMessage(request, known, clock.now());
    const reply = await update(server, data);
    const verdict = verifyMessage(reply, { keys: [known], now: clock.now(), requestMac: mac });
    expect(verdict).toMatchObject({ status: 'valid', message: { rcode: 'NOERROR', id: 7, response: true } });
    expect(zone.texts('_acme-challenge')).toEqual(['x']);
    expect(server.updates).toMatchObject([{ key: 'update.key.', zone: 'example.com.' }]);
    expect(server.queries).toMatchObject([{ key: 'update.key.', signature: 'valid', rcode: 'NOERROR' }]);
  });

  it('signs a refusal as well, and an answer to a signed question', async () => {
    const { clock, server } = town();
    const unwanted = { ...request, questions: [{ name: 'example.net.', type: 'SOA', class: 'IN' }] as const };
    const question = newMessage({ questions: [{ name: 'example.com.', type: 'NS', class: 'IN' }] });
    for (const [message, rcode] of [
      [unwanted, 'NOTAUTH'],
      [question, 'NOERROR'],
    ] as const) {
      const { data, mac } = signMessage(message, known, clock.now());
      const reply = await update(server, data);
      const verdict = verifyMessage(reply, { keys: [known], now: clock.now(), requestMac: mac });
      expect(verdict).toMatchObject({ status: 'valid', message: { rcode } });
    }
  });

  it('refuses an update that nobody signed', async () => {
    const { zone, server } = town();
    expect(decodeMessage(await update(server, encodeMessage(request)))).toMatchObject({ rcode: 'REFUSED' });
    expect(zone.texts('_acme-challenge')).toEqual([]);
  });

  it.each([
    ['BADKEY', key('unknown.', 'the secret that both sides have')],
    ['BADSIG', key('update.key.', 'something else')],
  ] as const)('says %s without a signature of its own', async (error, signer) => {
    const { clock, zone, server } = town();
    const reply = decodeMessage(await update(server, signMessage(request, signer, clock.now()).data));
    expect(reply).toMatchObject({ rcode: 'NOTAUTH', id: 7 });
    expect(reply.additionals).toMatchObject([{ type: 'TSIG', error: rcodes[error], mac: new Uint8Array() }]);
    expect(zone.texts('_acme-challenge')).toEqual([]);
    expect(server.queries).toMatchObject([{ signature: error, key: undefined, rcode: 'NOTAUTH' }]);
  });

  it('says BADTIME with its own time, signed', async () => {
    const { clock, zone, server } = town();
    const { data, mac } = signMessage(request, known, clock.now());
    await clock.sleep(301_000);
    const reply = await update(server, data);
    const signature = decodeMessage(reply).additionals.at(-1);
    if (signature?.type !== 'TSIG') throw new TypeError('not signed');
    expect(signature.error).toBe(rcodes.BADTIME);
    expect(serverTimeOf(signature)).toEqual(clock.now());
    const verdict = verifyMessage(reply, { keys: [known], now: clock.now(), requestMac: mac });
    expect('signature' in verdict && verdict.signature.mac.length).toBe(32);
    expect(zone.texts('_acme-challenge')).toEqual([]);
  });

  it('does not sign for who asks without a signature', async () => {
    const { server } = town();
    const question = newMessage({ questions: [{ name: 'example.com.', type: 'NS', class: 'IN' }] });
    expect(decodeMessage(await update(server, encodeMessage(question)))).toMatchObject({
      rcode: 'NOERROR',
      additionals: [],
    });
  });
});
