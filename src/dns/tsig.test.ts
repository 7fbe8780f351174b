import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../core/index.ts';
import { decodeMessage, encodeMessage, newMessage, rcodeOf } from './codec/index.ts';
import type { DnsMessage, ResourceRecord } from './message.ts';
import { anyMessage, anyRecord } from './messages.testing.ts';
import {
  refuseSignature,
  serverTimeOf,
  signMessage,
  type TsigFault,
  type TsigKey,
  type TsigRecord,
  verifyMessage,
} from './tsig.ts';
import { parseTsigAlgorithm, type TsigAlgorithm, tsigAlgorithms } from './tsig-algorithm.ts';

const algorithms = Object.keys(tsigAlgorithms) as TsigAlgorithm[];
const now = new Date('2030-01-01T00:00:00Z');
const keyOf = (name: string, algorithm: TsigAlgorithm, secret: string): TsigKey => ({
  name,
  algorithm,
  secret: new Secret(secret),
});
const key = keyOf('update.example.', 'hmac-sha256', Buffer.from('a shared secret').toString('base64'));
const request = newMessage({
  id: 4711,
  opcode: 'UPDATE',
  questions: [{ name: 'example.', type: 'SOA', class: 'IN' }],
  edns: { udpSize: 1232, dnssecOk: false, options: [] },
});

function signatureIn(data: Uint8Array): TsigRecord {
  const last = decodeMessage(data).additionals.at(-1);
  if (last?.type !== 'TSIG') throw new Error('not signed');
  return last;
}

function faultOf(data: Uint8Array, options: Partial<Parameters<typeof verifyMessage>[1]> = {}): TsigFault {
  const verdict = verifyMessage(data, { keys: [key], now, ...options });
  if (verdict.status === 'valid' || verdict.status === 'missing') throw new Error(verdict.status);
  return verdict;
}

describe('signatures that dig, BIND and its nsupdate made', () => {
  const seconds = (hex: string) => new Date(Number.parseInt(hex, 16) * 1000);
  const query = (id: number, fields: Partial<DnsMessage> = {}) =>
    newMessage({
      id,
      recursionDesired: true,
      questions: [{ name: 'www.example.com.', type: 'A', class: 'IN' }],
      ...fields,
    });
  const md5 = keyOf('www.example.com.', 'hmac-md5', 'SFuWd/q99SzF8Yzd1QbB9g==');
  const hex = (data: Uint8Array) => Buffer.from(data).toString('hex');

  it('are ours: a query by hmac-md5, whatever the case of the key name', () => {
    for (const name of ['www.example.com.', 'WWW.Example.COM']) {
      const { mac } = signMessage(query(0x2d65), { ...md5, name }, seconds('4da8877a'));
      expect(hex(mac)).toBe('227026ad297beee721ce6c6fff1e9ef3');
    }
  });

  it('are ours: a query by hmac-sha1', () => {
    const sha1 = keyOf('www.example.com.', 'hmac-sha1', 'MA+QDhXbyqUak+qnMFyTyEirzng=');
    const { mac } = signMessage(query(0x0967), sha1, seconds('4dae7d5f'));
    expect(hex(mac)).toBe('415340c7daf824ed684ee586f7b5a67a2febc0d3');
  });

  it('are ours: a reply, whose MAC starts from that of the request', () => {
    const answer: ResourceRecord = {
      name: 'www.example.com.',
      class: 'IN',
      ttl: 86_400,
      type: 'A',
      address: '192.0.2.1',
    };
    const reply = query(0x2d65, { response: true, authoritative: true, answers: [answer] });
    const requestMac = Uint8Array.from(Buffer.from('227026ad297beee721ce6c6fff1e9ef3', 'hex'));
    const { mac } = signMessage(reply, md5, seconds('4da8877a'), { requestMac });
    expect(hex(mac)).toBe('8fcda66a7cd1a3b9948eb1869d384a9f');
  });

  it('are ours: a reply that tells of clocks too far apart', () => {
    const asked = query(0x7fc4, {
      recursionDesired: false,
      questions: [{ name: 'www.example.com.', type: 'SOA', class: 'IN' }],
    });
    const { data } = signMessage(asked, md5, seconds('4da8b9d6'));
    const serverTime = seconds('4da8be86');
    const fault = faultOf(data, { keys: [md5], now: serverTime });
    expect(fault.status).toBe('BADTIME');
    const reply = refuseSignature({ ...asked, response: true }, fault, serverTime);
    expect(hex(signatureIn(reply).mac)).toBe('d4b043f6f44495ec8a01260e39159d76');
    expect(serverTimeOf(signatureIn(reply))).toEqual(serverTime);
  });
});

describe.each(algorithms)('a signature by %s', (algorithm) => {
  const own = { ...key, algorithm };

  it('covers what RFC 8945 §4.3 names, in its order', () => {
    const requestMac = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    const { data, mac } = signMessage(request, own, now, { requestMac, fudgeSeconds: 60 });
    const time = Buffer.alloc(6);
    time.writeUIntBE(now.getTime() / 1000, 0, 6);
    const wire = (name: string) => name.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]);
    const { wireName, hash } = tsigAlgorithms[algorithm];
    const signed = Uint8Array.from([
      ...[0, 10],
      ...requestMac,
      ...encodeMessage(request),
      ...wire('update.example.'),
      ...[0, 255, 0, 0, 0, 0],
      ...wire(wireName),
      ...time,
      ...[0, 60],
      ...[0, 0],
      ...[0, 0],
    ]);
    const expected = createHmac(hash, 'a shared secret').update(signed).digest();
    expect(mac).toEqual(Uint8Array.from(expected));
    expect(signatureIn(data)).toMatchObject({ name: 'update.example.', class: 'ANY', ttl: 0, mac, originalId: 4711 });
  });

  it('holds for any message, and for no other', () => {
    const unsigned = anyMessage(anyRecord(['A', 'TXT', 'CNAME', 'unknown']));
    fc.assert(
      fc.property(
        unsigned,
        fc.option(fc.uint8Array({ minLength: 10, maxLength: 64 })),
        fc.nat(),
        (message, mac, at) => {
          const chain = mac === null ? {} : { requestMac: mac };
          const { data } = signMessage(message, own, now, chain);
          const options = { keys: [key, own], now, ...chain };
          expect(verifyMessage(data, options)).toMatchObject({ status: 'valid', message, key: own });
          const unchained = verifyMessage(data, { keys: [own], now, requestMac: Uint8Array.of(...(mac ?? []), 1) });
          expect(unchained.status).toBe('BADSIG');
          const bit = data.length - 6 - 1 - (at % tsigAlgorithms[algorithm].macOctets);
          expect(verifyMessage(flipped(data, bit), options).status).toBe('BADSIG');
        },
      ),
      { numRuns: 20 },
    );
  });

  it('may be cut to half of it and ten octets (RFC 8945 §5.2.2.1)', () => {
    const { macOctets } = tsigAlgorithms[algorithm];
    const least = Math.max(10, macOctets / 2);
    const cutTo = (octets: number) => signMessage(request, own, now, { macOctets: octets }).data;
    const keys = [own];
    expect(verifyMessage(cutTo(least), { keys, now }).status).toBe('valid');
    expect(verifyMessage(cutTo(least), { keys, now, truncatedMacs: 'refused' }).status).toBe('BADTRUNC');
    expect(verifyMessage(cutTo(macOctets), { keys, now, truncatedMacs: 'refused' }).status).toBe('valid');
    expect(verifyMessage(cutTo(least - 1), { keys, now }).status).toBe('FORMERR');
    const { mac, ...rest } = signatureIn(cutTo(macOctets));
    const long = { ...rest, mac: Uint8Array.of(...mac, 0) };
    expect(verifyMessage(encodeMessage({ ...request, additionals: [long] }), { keys, now }).status).toBe('FORMERR');
    // A wrong MAC is told before its length is.
    const wrong = flipped(cutTo(least), cutTo(least).length - 7);
    expect(verifyMessage(wrong, { keys, now, truncatedMacs: 'refused' }).status).toBe('BADSIG');
  });
});

describe('a signature', () => {
  const { data, mac } = signMessage(request, key, now);

  it('that is not there is missing', () => {
    expect(verifyMessage(encodeMessage(request), { keys: [key], now })).toEqual({
      status: 'missing',
      message: request,
    });
  });

  it('by an unknown key, or by another algorithm, is BADKEY', () => {
    expect(faultOf(data, { keys: [] }).status).toBe('BADKEY');
    expect(faultOf(data, { keys: [{ ...key, name: 'other.' }] }).status).toBe('BADKEY');
    expect(faultOf(data, { keys: [{ ...key, algorithm: 'hmac-sha512' }] }).status).toBe('BADKEY');
  });

  it('by another secret is BADSIG', () => {
    expect(faultOf(data, { keys: [{ ...key, secret: new Secret('b3RoZXI=') }] }).status).toBe('BADSIG');
  });

  it.each([
    [-301_000, 'BADTIME'],
    [-300_000, 'valid'],
    [300_000, 'valid'],
    [301_000, 'BADTIME'],
  ])('that is %i ms old is %s', (ms, status) => {
    const later = new Date(now.getTime() + ms);
    expect(verifyMessage(data, { keys: [key], now: later }).status).toBe(status);
  });

  it('survives a forwarder that changes the id (RFC 8945 §5.2.2)', () => {
    const forwarded = Uint8Array.from(data);
    forwarded.set([0xab, 0xcd]);
    expect(verifyMessage(forwarded, { keys: [key], now })).toMatchObject({ status: 'valid', message: { id: 0xabcd } });
  });

  it('that is not the last record, or one of two, is FORMERR', () => {
    const signature = signatureIn(data);
    const other: ResourceRecord = { name: '.', class: 'IN', ttl: 0, type: 'A', address: '192.0.2.1' };
    for (const sections of [
      { additionals: [signature, other] },
      { additionals: [signature, signature] },
      { answers: [signature] },
      { answers: [signature], additionals: [signature] },
    ]) {
      expect(faultOf(encodeMessage({ ...request, ...sections })).status).toBe('FORMERR');
    }
  });

  it('is refused by a reply that says why, and is signed only where the key is proved (RFC 8945 §5.3.2)', () => {
    const reply = newMessage({ id: 4711, response: true });
    const refused = (options: Partial<Parameters<typeof verifyMessage>[1]>) =>
      refuseSignature(reply, faultOf(data, options), options.now ?? now);
    const badKey = refused({ keys: [] });
    expect(decodeMessage(badKey).rcode).toBe('NOTAUTH');
    expect(rcodeOf(signatureIn(badKey).error)).toBe('BADKEY');
    expect(signatureIn(badKey).mac).toHaveLength(0);
    const badSignature = refused({ keys: [{ ...key, secret: new Secret('b3RoZXI=') }] });
    expect(rcodeOf(signatureIn(badSignature).error)).toBe('BADSIG');
    expect(faultOf(badSignature, { requestMac: mac }).status).toBe('BADSIG');
    const late = new Date(now.getTime() + 900_000);
    const badTime = refused({ now: late });
    expect(verifyMessage(badTime, { keys: [key], now, requestMac: mac }).status).toBe('valid');
    expect(rcodeOf(signatureIn(badTime).error)).toBe('BADTIME');
    expect(serverTimeOf(signatureIn(badTime))).toEqual(late);
    const cut = signMessage(request, key, now, { macOctets: 16 });
    const badTruncation = refuseSignature(reply, faultOf(cut.data, { truncatedMacs: 'refused' }), now);
    expect(verifyMessage(badTruncation, { keys: [key], now, requestMac: cut.mac }).status).toBe('valid');
    expect(rcodeOf(signatureIn(badTruncation).error)).toBe('BADTRUNC');
    const malformed = refuseSignature(reply, faultOf(encodeMessage({ ...request, answers: [signatureIn(data)] })), now);
    expect(decodeMessage(malformed)).toMatchObject({ rcode: 'FORMERR', additionals: [] });
  });

  it('needs a secret in base64', () => {
    for (const secret of ['', 'not base64!', 'abcde']) {
      const broken = { ...key, secret: new Secret(secret) };
      expect(() => signMessage(request, broken, now)).toThrow(expect.objectContaining({ code: 'bad-key' }));
    }
  });
});

describe('the name of an algorithm', () => {
  it.each([
    ['HMAC-SHA256.', 'hmac-sha256'],
    ['hmac-md5.sig-alg.reg.int', 'hmac-md5'],
    ['hmac-md5', 'hmac-md5'],
    [' hmac-sha512 ', 'hmac-sha512'],
  ])('%j is %s', (text, algorithm) => {
    expect(parseTsigAlgorithm(text)).toBe(algorithm);
  });

  it.each(['', 'sha256', 'gss-tsig', 'hmac-sha3'])('%j is none', (text) => {
    expect(() => parseTsigAlgorithm(text)).toThrow(
      expect.objectContaining({ code: 'usage', next: expect.stringContaining('hmac-sha224') }),
    );
  });
});

function flipped(data: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(data);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
