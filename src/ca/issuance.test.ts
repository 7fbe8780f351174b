import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Identifier, softwareKey } from '../core/index.ts';
import { buildCsr, readCertificate, readCertificateChain, verifyChain } from '../pki/index.ts';
import { certificateKey, makeKey, names, problem, RawClient, textAt } from './raw-client.testing.ts';
import { createWorld } from './world.testing.ts';

const dayMs = 24 * 3_600_000;

describe('finalize', () => {
  it('issues at once, and the order says where the certificate is', async () => {
    const client = await RawClient.registered(await createWorld());
    const { url, finalize } = await client.readyOrder(names('a.test'));
    const reply = await client.finalize(finalize, names('a.test'));
    expect(reply).toMatchObject({
      status: 200,
      json: { status: 'valid', certificate: expect.stringContaining('/certificate/') },
    });
    expect(reply.headers.get('location')).toBe(url);
    expect((await client.read(url)).json).toEqual(reply.json);
  });

  it('issues later when told so', async () => {
    const world = await createWorld({ asynchronousFinalize: { ms: 5000 }, pollRetryAfterSeconds: 2 });
    const client = await RawClient.registered(world);
    const { url, finalize } = await client.readyOrder(names('a.test'));
    const reply = await client.finalize(finalize, names('a.test'));
    expect(reply.json).toMatchObject({ status: 'processing' });
    expect(reply.headers.get('retry-after')).toBe('2');
    expect(reply.headers.get('location')).toBe(url);
    expect(await client.finalize(finalize, names('a.test'))).toMatchObject(
      problem('orderNotReady', 403, /is processing/),
    );
    world.clock.advance(4999);
    expect((await client.read(url)).json).toMatchObject({ status: 'processing' });
    await world.finish();
    expect((await client.read(url)).json).toMatchObject({ status: 'valid' });
  });

  it('wants an order that is ready', async () => {
    const client = await RawClient.registered(await createWorld());
    const order = await client.newOrder(names('a.test'));
    const finalize = textAt(order.json, 'finalize');
    expect(await client.finalize(finalize, names('a.test'))).toMatchObject(problem('orderNotReady', 403, /is pending/));
    const ready = await client.readyOrder(names('a.test'));
    await client.finalize(ready.finalize, names('a.test'));
    expect(await client.finalize(ready.finalize, names('a.test'))).toMatchObject(
      problem('orderNotReady', 403, /is valid/),
    );
  });

  it('refuses a request that does not fit, and leaves the order ready', async () => {
    const client = await RawClient.registered(await createWorld());
    const ordered: readonly Identifier[] = [...names('a.test', 'b.test'), { type: 'ip', value: '192.0.2.7' }];
    const { url, finalize } = await client.readyOrder(ordered);
    const encode = async (options: Omit<Parameters<typeof buildCsr>[0], 'signer'>, signer = certificateKey()) =>
      Buffer.from(await buildCsr({ signer, ...options })).toString('base64url');
    const good = await encode({ identifiers: ordered });
    const cases: readonly [string, string, RegExp][] = [
      [await encode({ identifiers: ordered.slice(1) }), 'badCSR', /it lacks dns:a\.test/],
      [await encode({ identifiers: [...ordered, ...names('c.test')] }), 'badCSR', /it has dns:c\.test/],
      [await encode({ identifiers: ordered, commonName: 'c.test' }), 'badCSR', /it has dns:c\.test/],
      [await encode({ identifiers: ordered, emails: ['a@b.test'] }), 'badCSR', /mail/],
      [await encode({ identifiers: ordered }, softwareKey(client.key)), 'badCSR', /key of an account/],
      [`${good.slice(0, -8)}AAAAAAAA`, 'badCSR', /./],
      ['AAAA', 'badCSR', /./],
      [`${good}=`, 'malformed', /base64url/],
      ['', 'malformed', /base64url/],
    ];
    for (const [csr, type, detail] of cases)
      expect(await client.post(finalize, { csr })).toMatchObject(problem(type, 400, detail));
    expect(await client.post(finalize, {})).toMatchObject(problem('malformed', 400, /at "csr"/));
    expect((await client.read(url)).json).toMatchObject({ status: 'ready' });
    expect((await client.post(finalize, { csr: good })).json).toMatchObject({ status: 'valid' });
  });

  it('takes a common name that is among the names, in any order and case', async () => {
    const client = await RawClient.registered(await createWorld());
    const { finalize } = await client.readyOrder(names('a.test', 'B.test'));
    const der = await buildCsr({
      signer: certificateKey(),
      identifiers: names('b.test', 'a.test'),
      commonName: 'b.test',
    });
    expect((await client.post(finalize, { csr: Buffer.from(der).toString('base64url') })).json).toMatchObject({
      status: 'valid',
    });
  });

  it.each(['ES256', 'ES384', 'ES512', 'RS256', 'EdDSA'] as const)('takes keys for %s', async (kind) => {
    const client = await RawClient.registered(await createWorld());
    const signer = softwareKey(makeKey(kind));
    const { text } = await client.issue(names('a.test'), {}, signer);
    expect(new X509Certificate(text).publicKey.equals(signer.publicKey)).toBe(true);
  });
});

describe('a certificate', () => {
  it('comes with its intermediate and without the root, and verifies', async () => {
    const world = await createWorld();
    const client = await RawClient.registered(world);
    const identifiers: readonly Identifier[] = [...names('a.test', 'b.test'), { type: 'ip', value: '192.0.2.7' }];
    const reply = await client.issue(identifiers);
    expect(reply.headers.get('content-type')).toBe('application/pem-certificate-chain');
    const chain = readCertificateChain(reply.text);
    expect(chain).toHaveLength(2);
    expect(chain[1]?.pem).toBe(world.ca.intermediate);
    verifyChain(chain, { roots: [readCertificate(world.ca.root)], at: world.clock.now(), identifiers });
    const [leaf, intermediate] = reply.text
      .split(/(?<=-----END CERTIFICATE-----\n)/)
      .map((pem) => new X509Certificate(pem));
    const root = new X509Certificate(world.ca.root);
    expect(leaf?.verify(intermediate?.publicKey ?? root.publicKey)).toBe(true);
    expect(intermediate?.verify(root.publicKey)).toBe(true);
    expect([leaf?.ca, intermediate?.ca, root.ca]).toEqual([false, true, true]);
    expect(leaf?.checkHost('b.test')).toBe('b.test');
    expect(leaf?.checkIP('192.0.2.7')).toBe('192.0.2.7');
  });

  it('lives as long as the profile says, or as the order asks', async () => {
    const client = await RawClient.registered(await createWorld());
    const [classic] = readCertificateChain((await client.issue(names('a.test'))).text);
    expect(classic).toMatchObject({
      commonName: 'a.test',
      notBefore: new Date('2026-11-24T11:59:00Z'),
      notAfter: new Date('2027-02-22T12:00:00Z'),
    });
    const [short] = readCertificateChain((await client.issue(names('a.test'), { profile: 'shortlived' })).text);
    expect(short).toMatchObject({ commonName: undefined, notAfter: new Date('2026-12-01T04:00:00Z') });
    const dates = { notBefore: '2026-11-25T00:00:00Z', notAfter: '2026-11-26T00:00:00Z' };
    const [asked] = readCertificateChain((await client.issue(names('a.test'), dates)).text);
    expect(asked).toMatchObject({ notBefore: new Date(dates.notBefore), notAfter: new Date(dates.notAfter) });
  });

  it('may live for seconds', async () => {
    const client = await RawClient.registered(await createWorld({ profiles: { blink: { validityMs: 10_000 } } }));
    const [leaf] = readCertificateChain((await client.issue(names('a.test'))).text);
    expect(leaf).toMatchObject({
      notBefore: new Date('2026-11-24T11:59:59Z'),
      notAfter: new Date('2026-11-24T12:00:10Z'),
    });
  });

  it('has no common name of more than 64 characters', async () => {
    const client = await RawClient.registered(await createWorld());
    const long = `${'a'.repeat(60)}.${'b'.repeat(10)}.test`;
    const [leaf] = readCertificateChain((await client.issue(names(long))).text);
    expect(leaf).toMatchObject({ commonName: undefined, identifiers: names(long) });
  });

  it('must be stapled when the request says so', async () => {
    const client = await RawClient.registered(await createWorld());
    const { finalize } = await client.readyOrder(names('a.test'));
    const der = await buildCsr({ signer: certificateKey(), identifiers: names('a.test'), mustStaple: true });
    const done = await client.post(finalize, { csr: Buffer.from(der).toString('base64url') });
    const [leaf] = readCertificateChain((await client.read(textAt(done.json, 'certificate'))).text);
    expect(leaf?.mustStaple).toBe(true);
  });

  it('is shown to its account only', async () => {
    const world = await createWorld();
    const client = await RawClient.registered(world);
    const other = await RawClient.registered(world);
    const { finalize } = await client.readyOrder(names('a.test'));
    const url = textAt((await client.finalize(finalize, names('a.test'))).json, 'certificate');
    expect(await other.read(url)).toMatchObject(problem('unauthorized', 403));
    expect(await client.post(url, {})).toMatchObject(problem('malformed', 400));
  });

  it('has chains to every root by alternate links', async () => {
    const world = await createWorld({ alternateRoots: 2 });
    const client = await RawClient.registered(world);
    const { finalize } = await client.readyOrder(names('a.test'));
    const url = textAt((await client.finalize(finalize, names('a.test'))).json, 'certificate');
    const first = await client.read(url);
    const alternates = [...(first.headers.get('link') ?? '').matchAll(/<([^>]+)>;rel="alternate"/g)].map(
      ([, link]) => link ?? '',
    );
    expect(alternates).toEqual([`${url}/alternate/1`, `${url}/alternate/2`]);
    const texts = [first.text];
    for (const link of alternates) texts.push((await client.read(link)).text);
    expect(new Set(texts).size).toBe(3);
    for (const [index, text] of texts.entries()) {
      const root = readCertificate(world.ca.roots[index] ?? '');
      const chain = readCertificateChain(text);
      verifyChain(chain, { roots: [root], at: world.clock.now(), identifiers: names('a.test') });
      expect(chain[1]?.issuerCommonName).toBe(root.commonName);
    }
    expect(new Set(texts.map((text) => readCertificateChain(text)[0]?.pem)).size).toBe(1);
    expect(await client.read(`${url}/alternate/3`)).toMatchObject(problem('malformed', 404));
  });
});

describe('the authority', () => {
  it('shows a TLS certificate for localhost, loopback and its own host', async () => {
    const { ca, clock } = await createWorld({ baseUrl: 'https://ca.example:14000' });
    const chain = readCertificateChain(ca.tlsIdentity.chain);
    const identifiers: readonly Identifier[] = [
      ...names('localhost', 'x.localhost', 'ca.example'),
      { type: 'ip', value: '127.0.0.1' },
      { type: 'ip', value: '::1' },
    ];
    verifyChain(chain, { roots: [readCertificate(ca.root)], at: clock.now(), identifiers });
    expect(`${ca.tlsIdentity.key}`).toBe('[redacted]');
    const byAddress = await createWorld({ baseUrl: 'https://[2001:db8::1]' });
    expect(
      readCertificate(byAddress.ca.tlsIdentity.chain.split(/(?<=END CERTIFICATE-----\n)/)[0] ?? '').identifiers,
    ).toContainEqual({ type: 'ip', value: '2001:db8::1' });
  });

  it('outlives every profile', async () => {
    const { ca, clock } = await createWorld();
    const inFourYears = clock.now().getTime() + 4 * 365 * dayMs;
    for (const pem of [ca.root, ca.intermediate])
      expect(readCertificate(pem).notAfter.getTime()).toBeGreaterThan(inFourYears);
  });

  it('fails an order that it cannot sign, and says nothing of the inside', async () => {
    let broken = false;
    const world = await createWorld({}, (ports) => ({
      ...ports,
      keys: {
        async generate(algorithm) {
          const key = await ports.keys.generate(algorithm);
          return {
            algorithm: key.algorithm,
            publicKey: key.publicKey,
            pkcs8: key.pkcs8,
            sign: (message) => (broken ? Promise.reject(new TypeError('the device is gone')) : key.sign(message)),
          };
        },
      },
    }));
    const client = await RawClient.registered(world);
    const { finalize } = await client.readyOrder(names('a.test'));
    broken = true;
    const reply = await client.finalize(finalize, names('a.test'));
    expect(reply.json).toMatchObject({
      status: 'invalid',
      error: { type: 'urn:ietf:params:acme:error:serverInternal' },
    });
    expect(reply.text).not.toContain('device');
    expect(world.logged).toContainEqual(
      expect.objectContaining({ level: 'error', fields: expect.objectContaining({ reason: 'the device is gone' }) }),
    );
  });
});
