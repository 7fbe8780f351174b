import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EversealError, type Identifier, softwareKey, type TlsProbe, ecKeyPair } from '../core/index.ts';
import { buildCertificate, type CertificateOptions } from '../pki/index.ts';
import { reverseName } from './tls-alpn-validation.ts';
import { failed, openTrial, type Trial, valid } from './trial.testing.ts';

const name: Identifier = { type: 'dns', value: 'a.test' };

function newKey() {
  return softwareKey(ecKeyPair('P-256').privateKey);
}

interface Change extends Partial<Pick<CertificateOptions, 'issuer' | 'signer'>> {
  readonly identifiers?: readonly Identifier[];
  readonly acmeIdentifier?: Uint8Array | undefined;
  readonly protocol?: string | undefined;
  /** Changes the DER, given as hexadecimal. */
  readonly tamper?: (hex: string) => string;
}

/** What a right server shows, but for the change. */
async function answer({ keyAuthorization, world }: Trial, change: Change = {}): Promise<TlsProbe> {
  const key = newKey();
  const digest = createHash('sha256').update(keyAuthorization).digest();
  const { identifiers = [name], tamper = (hex) => hex } = change;
  const acmeIdentifier = 'acmeIdentifier' in change ? change.acmeIdentifier : digest;
  const der = await buildCertificate({
    subject: [{ type: 'CN', value: 'challenge' }],
    issuer: change.issuer ?? [{ type: 'CN', value: 'challenge' }],
    publicKey: key.publicKey,
    signer: change.signer ?? key,
    serial: Uint8Array.of(1),
    notBefore: world.clock.now(),
    notAfter: new Date(world.clock.now().getTime() + 1000),
    extensions: { identifiers, ...(acmeIdentifier === undefined ? {} : { acmeIdentifier }) },
  });
  const certificate = Buffer.from(tamper(Buffer.from(der).toString('hex')), 'hex');
  return { protocol: 'protocol' in change ? change.protocol : 'acme-tls/1', certificate };
}

const acmeIdentifierOid = '06082b0601050507011f';

describe('tls-alpn-01', () => {
  it('asks for the name by acme-tls/1 at the port that stands for 443', async () => {
    const trial = await openTrial({
      type: 'tls-alpn-01',
      options: { validation: { resolver: undefined, tlsPort: 5001 } },
    });
    trial.world.handshakes.set('a.test', await answer(trial));
    expect(await trial.run()).toMatchObject(valid);
    expect(trial.world.probes).toEqual([
      {
        address: { host: '192.0.2.1', port: 5001 },
        serverName: 'a.test',
        protocols: ['acme-tls/1'],
        timeoutMs: 10_000,
      },
    ]);
  });

  it.each([
    ['192.0.2.7', '7.2.0.192.in-addr.arpa'],
    ['2001:db8::7', '7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'],
  ])('asks %s by its reverse name', async (value, serverName) => {
    const identifier: Identifier = { type: 'ip', value };
    const trial = await openTrial({ type: 'tls-alpn-01', identifier });
    trial.world.handshakes.set(serverName, await answer(trial, { identifiers: [identifier] }));
    expect(await trial.run()).toMatchObject(valid);
    expect(trial.world.probes).toMatchObject([{ address: { host: value, port: 443 }, serverName }]);
    expect(reverseName(value)).toBe(serverName);
  });

  it.each([
    [{ 'a.test': '127.0.0.9' }, name, '127.0.0.9'],
    [{ '*': '127.0.0.8' }, name, '127.0.0.8'],
    [{ '*': '127.0.0.8' }, { type: 'ip', value: '192.0.2.7' }, '192.0.2.7'],
    [{ '2001:db8::7': '::1' }, { type: 'ip', value: '2001:db8::7' }, '::1'],
  ] as const)('takes the address from the table %j for %j', async (hosts, identifier, host) => {
    const trial = await openTrial({
      type: 'tls-alpn-01',
      identifier,
      options: { validation: { hosts: { ...hosts } } },
    });
    await trial.run();
    expect(trial.world.probes).toMatchObject([{ address: { host } }]);
  });

  it('takes a name in other letters', async () => {
    const trial = await openTrial({ type: 'tls-alpn-01', options: { validation: { hosts: { '*': '::1' } } } });
    const upper = (hex: string) =>
      hex.replace(Buffer.from('a.test').toString('hex'), Buffer.from('A.Test').toString('hex'));
    trial.world.handshakes.set('a.test', await answer(trial, { tamper: upper }));
    // Every other check passes; the change breaks the signature, which is looked at last.
    expect(await trial.run()).toMatchObject(failed('incorrectResponse', /is not self-signed/));
  });

  const other = newKey();
  const wrong: readonly (readonly [what: string, change: Change, reason: RegExp])[] = [
    ['no protocol', { protocol: undefined }, /chose no protocol/],
    ['another protocol', { protocol: 'h2' }, /chose "h2"/],
    ['another name', { identifiers: [{ type: 'dns', value: 'b.test' }] }, /is for dns:b\.test, not for a\.test alone/],
    ['a further name', { identifiers: [name, { type: 'dns', value: 'b.test' }] }, /is for dns:a\.test, dns:b\.test/],
    ['the name as an address', { identifiers: [{ type: 'ip', value: '192.0.2.1' }] }, /is for ip:192\.0\.2\.1/],
    ['no name', { identifiers: [] }, /is for nothing/],
    ['no digest', { acmeIdentifier: undefined }, /has no acmeIdentifier extension/],
    [
      'another digest',
      { acmeIdentifier: new Uint8Array(32) },
      /holds 0420(00){32}, where 0420[0-9a-f]{64} was expected/,
    ],
    [
      'an extension that is not critical',
      { tamper: (hex) => hex.replace(`${acmeIdentifierOid}0101ff`, `${acmeIdentifierOid}010100`) },
      /is not critical/,
    ],
    ['a certificate by another key', { signer: other }, /is not self-signed/],
    ['a certificate by another issuer', { issuer: [{ type: 'CN', value: 'somebody' }] }, /is not self-signed/],
    ['no certificate', { tamper: () => '3000' }, /cannot be read/],
  ];

  it.each(wrong)('does not take %s', async (_what, change, reason) => {
    const trial = await openTrial({ type: 'tls-alpn-01', options: { validation: { hosts: { '*': '::1' } } } });
    trial.world.handshakes.set('a.test', await answer(trial, change));
    const outcome = await trial.run();
    expect(outcome).toMatchObject(failed('incorrectResponse', reason));
    expect(outcome).toMatchObject(failed('incorrectResponse', /^acme-tls\/1 for a\.test at \[::1\]:443: /));
  });

  it.each([
    ['tls', 'tls'],
    ['timeout', 'connection'],
    ['connection-refused', 'connection'],
    ['bad-reply', 'connection'],
  ] as const)('reports %s as %s', async (code, type) => {
    const trial = await openTrial({ type: 'tls-alpn-01', options: { validation: { hosts: { '*': '::1' } } } });
    trial.world.handshakes.set('a.test', new EversealError(code, 'as it is'));
    expect(await trial.run()).toMatchObject(failed(type, /as it is/));
  });
});
