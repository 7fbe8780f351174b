import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { World } from '../../sim/index.ts';
import { type EversealError, type Identifier, MemoryAnswers, type Ports, type ServeTlsOptions } from '../core/index.ts';
import { nodePorts } from '../node/index.ts';
import { oids, readCertificate, tlsAlpn01Digest } from '../pki/index.ts';
import type { ChallengeIntent } from './solver.ts';
import { challengeServerName } from './tls-alpn-01-certificate.ts';
import { tlsAlpnListenerSolver } from './tls-alpn-01-listener.ts';

const signal = new AbortController().signal;
const address = { host: 'www.example', port: 443 };
const everywhere = [{ host: '', port: 443 }];

function intentFor(identifier: Identifier, token = `token-${identifier.value}`): ChallengeIntent {
  const keyAuthorization = `${token}.thumbprint`;
  const accountUrl = 'https://ca.example/acct/1';
  return { type: 'tls-alpn-01', identifier, wildcard: false, token, keyAuthorization, accountUrl };
}
const www = intentFor({ type: 'dns', value: 'www.example' });
const shop = intentFor({ type: 'dns', value: 'shop.example' });
const v4 = intentFor({ type: 'ip', value: '192.0.2.7' });
const v6 = intentFor({ type: 'ip', value: '2001:db8::7' });

async function onMachine(story: (ports: Ports) => Promise<void>, privileged = true): Promise<void> {
  const world = new World({ seed: 'tls-alpn' });
  const machine = world.machine({ name: 'www.example', privileged });
  const exit = await world.drive(world.boot({ machine, name: 'client', main: story }).exited);
  if (exit.how === 'failed') throw exit.error;
}

async function probe(ports: Ports, serverName: string, protocols = ['acme-tls/1'], to = address) {
  const { certificate, protocol } = await ports.net.probeTls({ address: to, serverName, protocols, timeoutMs: 5000 });
  return { protocol, certificate: readCertificate(certificate), der: certificate };
}

describe('the name by which an address is asked for', () => {
  it.each([
    ['192.0.2.7', '7.2.0.192.in-addr.arpa'],
    ['2001:db8::7', '7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'],
  ])('%s is %s', (value, serverName) => {
    expect(challengeServerName({ type: 'ip', value })).toBe(serverName);
  });
});

describe('the tls-alpn-01 listener', () => {
  it('shows each name and address a certificate of its own', async () => {
    await onMachine(async (ports) => {
      const solver = tlsAlpnListenerSolver({ ports, addresses: everywhere });
      await solver.prepare(signal);
      await solver.present([www, shop, v4, v6], signal);
      for (const { identifier, keyAuthorization } of [www, shop, v4, v6]) {
        const seen = await probe(ports, challengeServerName(identifier));
        expect(seen.protocol).toBe('acme-tls/1');
        expect(seen.certificate.identifiers).toEqual([identifier]);
        const digest = Buffer.from(tlsAlpn01Digest(keyAuthorization));
        // RFC 8737 §3: the extension, critical, holds the octets as an OCTET STRING
        const extension = Buffer.concat([Buffer.from('06082b0601050507011f0101ff04220420', 'hex'), digest]);
        expect(oids.acmeIdentifier).toBe('1.3.6.1.5.5.7.1.31');
        expect(Buffer.from(seen.der).includes(extension)).toBe(true);
      }
      await solver.close();
      await expect(probe(ports, 'www.example')).rejects.toMatchObject({ code: 'connection-refused' });
    });
  });

  it('makes certificates that are self-signed by an EC key, valid now, each with a serial of its own', async () => {
    await onMachine(async (ports) => {
      const solver = tlsAlpnListenerSolver({ ports, addresses: everywhere });
      await solver.prepare(signal);
      await solver.present([www, shop], signal);
      const [first, second] = [await probe(ports, 'www.example'), await probe(ports, 'shop.example')];
      const x509 = new X509Certificate(first.der);
      expect(x509.verify(x509.publicKey)).toBe(true);
      expect(x509.subject).toBe(x509.issuer);
      expect(x509.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
      const now = ports.clock.now().getTime();
      expect(Math.round((now - Date.parse(x509.validFrom)) / 60_000)).toBe(60);
      expect(Math.round((Date.parse(x509.validTo) - now) / 3_600_000)).toBe(7 * 24);
      expect(x509.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
      const other = new X509Certificate(second.der);
      expect(other.serialNumber).not.toBe(x509.serialNumber);
      expect(other.publicKey.equals(x509.publicKey)).toBe(true);
      await solver.close();
    });
  });

  it.each([
    ['without ALPN', 'www.example', []],
    ['of HTTP', 'www.example', ['h2', 'http/1.1']],
    ['for a name without a challenge', 'other.example', ['acme-tls/1']],
    ['for no name', '', ['acme-tls/1']],
  ])('refuses a client %s', async (_what, serverName, protocols) => {
    await onMachine(async (ports) => {
      const solver = tlsAlpnListenerSolver({ ports, addresses: everywhere });
      await solver.prepare(signal);
      await solver.present([www], signal);
      await expect(probe(ports, serverName, protocols)).rejects.toMatchObject({ code: 'tls' });
      await solver.close();
    });
  });

  it('by itself tells who is refused and knows names in any case', async () => {
    await onMachine(async (ports) => {
      let select: ServeTlsOptions['select'] = () => undefined;
      const serveTls: Ports['net']['serveTls'] = (options) => {
        select = options.select;
        return ports.net.serveTls(options);
      };
      const net = { ...ports.net, serveTls };
      const solver = tlsAlpnListenerSolver({ ports: { ...ports, net }, addresses: everywhere });
      await solver.prepare(signal);
      await solver.present([www], signal);
      expect(select('WWW.example', ['h2', 'acme-tls/1'])?.protocol).toBe('acme-tls/1');
      expect(select('www.example', ['h2'])).toBeUndefined();
      expect(select('www.example', [])).toBeUndefined();
      expect(select(undefined, ['acme-tls/1'])).toBeUndefined();
      await solver.close();
    });
  });

  it('answers while a challenge is presented, and no longer', async () => {
    await onMachine(async (ports) => {
      const answers = new MemoryAnswers();
      const solver = tlsAlpnListenerSolver({ ports, answers, addresses: everywhere });
      await solver.prepare(signal);
      await solver.present([www], signal);
      expect(await answers.get('tls-alpn-01', 'www.example')).toBe(www.keyAuthorization);
      await solver.cleanup([{ intent: www }], signal);
      await solver.cleanup([{ intent: www }], signal);
      expect(await answers.get('tls-alpn-01', 'www.example')).toBeUndefined();
      await expect(probe(ports, 'www.example')).rejects.toMatchObject({ code: 'tls' });
      await solver.close();
    });
  });

  it('keeps what another order shows under the same name, and has orders for one name wait for each other', async () => {
    await onMachine(async (ports) => {
      const answers = new MemoryAnswers();
      const solver = tlsAlpnListenerSolver({ ports, answers, addresses: everywhere });
      const later = intentFor(www.identifier, 'later');
      await solver.prepare(signal);
      await solver.present([www], signal);
      await solver.present([later], signal);
      await solver.cleanup([{ intent: www }], signal);
      expect((await probe(ports, 'www.example')).certificate.identifiers).toEqual([www.identifier]);
      expect(await answers.get('tls-alpn-01', 'www.example')).toBe(later.keyAuthorization);
      expect(solver.locks?.([www, later])).toEqual([{ key: 'tls-alpn-01 www.example', hold: 'order' }]);
      await solver.close();
    });
  });

  it('waits as long as it was told', async () => {
    await onMachine(async (ports) => {
      const solver = tlsAlpnListenerSolver({ ports, addresses: everywhere, delayMs: 3000 });
      const before = ports.clock.monotonic();
      await solver.wait([www], signal);
      expect(ports.clock.monotonic() - before).toBeGreaterThanOrEqual(3000);
    });
  });

  it('is for names and addresses, not for wildcards', async () => {
    await onMachine(async (ports) => {
      const solver = tlsAlpnListenerSolver({ ports, addresses: [] });
      expect([solver.fits(www.identifier, false), solver.fits(v6.identifier, false)]).toEqual([true, true]);
      expect(solver.fits(www.identifier, true)).toBe(false);
    });
  });

  it('says what to do when the port is taken', async () => {
    await onMachine(async (ports) => {
      await ports.net.serveHttp({ address: { host: '', port: 443 }, handler: async () => new Response() });
      const solver = tlsAlpnListenerSolver({ ports, addresses: everywhere });
      const failure = await solver.prepare(signal).catch((error: EversealError) => error);
      expect(failure).toMatchObject({
        code: 'port-in-use',
        message: expect.stringMatching(/tls-alpn-01.*port 443 is taken/),
        next: expect.stringMatching(/Stop that program.*--tls\.address.*http-01.*DNS/),
      });
    });
  });

  it('says what to do when this user may not listen on a low port', async () => {
    await onMachine(async (ports) => {
      const solver = tlsAlpnListenerSolver({ ports, addresses: everywhere });
      const failure = await solver.prepare(signal).catch((error: EversealError) => error);
      expect(failure).toMatchObject({ code: 'permission', next: expect.stringMatching(/setcap.*--tls\.address/) });
    }, false);
  });
});

describe('on a real machine', () => {
  it.each(['127.0.0.1', '::1'])('at %s only acme-tls/1 is answered, whatever the case of the name', async (host) => {
    const ports = nodePorts();
    let port = 0;
    const net: Ports['net'] = {
      ...ports.net,
      serveTls: async (options) => {
        const listener = await ports.net.serveTls(options);
        port = listener.addresses[0]?.port ?? 0;
        return listener;
      },
    };
    const solver = tlsAlpnListenerSolver({ ports: { ...ports, net }, addresses: [{ host, port: 0 }] });
    await solver.prepare(signal);
    await solver.present([www, v6], signal);
    const to = { host, port };
    expect((await probe(ports, 'WWW.Example', ['acme-tls/1'], to)).certificate.identifiers).toEqual([www.identifier]);
    expect(
      (await probe(ports, challengeServerName(v6.identifier), ['acme-tls/1'], to)).certificate.identifiers,
    ).toEqual([v6.identifier]);
    for (const protocols of [[], ['h2'], ['http/1.1', 'h2']])
      await expect(probe(ports, 'www.example', protocols, to)).rejects.toMatchObject({ code: 'tls' });
    await expect(probe(ports, 'other.example', ['acme-tls/1'], to)).rejects.toMatchObject({ code: 'tls' });
    await expect(probe(ports, '127.0.0.1', ['acme-tls/1'], to)).rejects.toMatchObject({ code: 'tls' });
    await solver.close();
  });
});
