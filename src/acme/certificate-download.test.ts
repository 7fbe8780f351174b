import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../core/index.ts';
import type { IssuedChain } from './certificate-download.ts';
import { type AcmeWorld, acmeWorld, issue, names } from './harness.testing.ts';
import { reply, withHeaders } from './scripted-replies.testing.ts';
import type { ScriptedAnswer } from './scripted-server.testing.ts';

function download(world: AcmeWorld, preferredChain?: string): Promise<IssuedChain> {
  return world.run(async () => {
    const order = await (await world.register()).newOrder({ identifiers: names('a.example') });
    await issue(order, world.clock.deadline(60_000));
    return order.fetchCertificate(preferredChain === undefined ? {} : { preferredChain });
  });
}

const withBody =
  (change: (pem: string) => string): ScriptedAnswer =>
  async (_request, honest) => {
    const response = await honest();
    return { ...response, body: utf8(change(fromUtf8(response.body))) };
  };

describe('a certificate', () => {
  it('is asked for as a PEM chain and kept byte for byte', async () => {
    const world = acmeWorld();
    let sent = '';
    world.server.always('certificate', async (_request, honest) => {
      const response = await honest();
      sent = fromUtf8(response.body);
      return response;
    });
    expect((await download(world)).pem).toBe(sent);
    expect(world.server.requests.at(-1)?.http.headers?.['accept']).toBe('application/pem-certificate-chain');
  });

  it.each([
    ['a private key with it', (pem: string) => `${pem}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`],
    ['text before it', (pem: string) => `hello\n${pem}`],
    ['nothing', () => ''],
    ['HTML', () => '<html></html>'],
    ['5 000 certificates', (pem: string) => pem.repeat(50)],
  ])('with %s is refused (RFC 8555 §11.4)', async (_what, change) => {
    const world = acmeWorld();
    world.server.always('certificate', withBody(change));
    await expect(download(world)).rejects.toMatchObject({ code: 'bad-certificate' });
  });

  it('that the valid order does not link is refused', async () => {
    const world = acmeWorld();
    world.server.always('order', async (_request, honest) =>
      withBody((text) => text.replace(/,"certificate":"[^"]*"/, ''))(_request, honest),
    );
    await expect(download(world)).rejects.toMatchObject({ code: 'bad-server' });
  });
});

describe('the preferred chain', () => {
  const alternateRoots = ['Second Root', 'Third Root'];

  it('costs no request when none is asked for, or the default is it', async () => {
    for (const preferred of [undefined, 'Scripted Root']) {
      const world = acmeWorld({ alternateRoots });
      expect((await download(world, preferred)).preferredFound).toBe(true);
      expect(world.server.count('certificate')).toBe(1);
    }
  });

  it.each([
    ['Second Root', 2],
    ['Third Root', 3],
  ])('%s is found among the alternates', async (preferred, requests) => {
    const world = acmeWorld({ alternateRoots });
    const issued = await download(world, preferred);
    expect(issued.preferredFound).toBe(true);
    expect(issued.chain.at(-1)?.issuerCommonName).toBe(preferred);
    expect(world.server.count('certificate')).toBe(requests);
  });

  it('that nobody has leaves the default', async () => {
    const world = acmeWorld({ alternateRoots });
    const issued = await download(world, 'Fourth Root');
    expect(issued).toMatchObject({ preferredFound: false, url: 'https://ca.test/order/1/certificate' });
  });

  it('is looked for in ten alternates at most, each once, never in the same again', async () => {
    const world = acmeWorld();
    const links = Array.from(
      { length: 1000 },
      (_, i) => `<https://ca.test/order/1/certificate/${i % 500}>;rel="alternate"`,
    );
    const link = ['<https://ca.test/order/1/certificate>;rel="alternate"', ...links].join(',');
    world.server.always('certificate', async (_request, honest) => withHeaders(await honest(), { link }));
    expect((await download(world, 'Fourth Root')).preferredFound).toBe(false);
    expect(world.server.count('certificate')).toBe(11);
  });

  it('a broken alternate is passed over', async () => {
    const world = acmeWorld({ alternateRoots });
    world.server.always('certificate', (request, honest) =>
      request.http.url.endsWith('/1') ? reply(200, {}, 'garbage') : honest(),
    );
    expect((await download(world, 'Third Root')).preferredFound).toBe(true);
  });

  it('an alternate by http is not fetched', async () => {
    const world = acmeWorld();
    world.server.always('certificate', async (_request, honest) =>
      withHeaders(await honest(), { link: '<http://ca.test/order/1/certificate/1>;rel="alternate"' }),
    );
    expect((await download(world, 'Second Root')).preferredFound).toBe(false);
    expect(world.server.count('certificate')).toBe(1);
  });
});
