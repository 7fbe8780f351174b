import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type EversealEvent,
  memoryStores,
  nodePorts,
  type ObtainOptions,
  obtain,
  type RunningCa,
  startCa,
} from './index.ts';

describe('obtain', () => {
  const ports = nodePorts();
  let ca: RunningCa;
  let options: Omit<ObtainOptions, 'names'>;

  beforeAll(async () => {
    // A port that was free just now: CA and solver must agree on one before either listens.
    const probe = await ports.net.serveHttp({
      address: { host: '127.0.0.1', port: 0 },
      handler: async () => new Response(),
    });
    const port = probe.addresses[0]?.port ?? 0;
    await probe.close();
    ca = await startCa({ validation: { httpPort: port }, refusedNames: ['refused.localhost'] });
    options = { directory: ca.directory, roots: [ca.root], termsAgreed: true, http: { host: '127.0.0.1', port } };
  });

  afterAll(() => ca.close());

  it('gives chain and key that belong together', async () => {
    const events: EversealEvent['type'][] = [];
    const obtained = await obtain({
      ...options,
      names: ['Demo.localhost', '127.0.0.1'],
      events: ({ type }) => events.push(type),
    });
    const leaf = new X509Certificate(obtained.chain);
    expect(leaf.checkPrivateKey(createPrivateKey(obtained.key.reveal()))).toBe(true);
    expect(obtained.identifiers).toEqual([
      { type: 'dns', value: 'demo.localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ]);
    expect(obtained.renewAt > obtained.notBefore && obtained.renewAt < obtained.notAfter).toBe(true);
    expect(events).toContain('certificate.stored');
    expect(`${JSON.stringify(obtained)}`).not.toContain('PRIVATE KEY');
  });

  it('gives back what is stored and not due, and with another name a new one', async () => {
    const stores = memoryStores(ports);
    const first = await obtain({ ...options, names: ['demo.localhost'], stores });
    expect((await obtain({ ...options, names: ['demo.localhost'], stores })).chain).toBe(first.chain);
    const more = await obtain({ ...options, names: ['demo.localhost', 'b.localhost'], stores });
    expect(more.chain).not.toBe(first.chain);
  });

  it.each([
    ['a name that is none', { names: ['a..b'] }, 'bad-identifier'],
    ['no name', { names: [] }, 'usage'],
    ['a name that the CA refuses', { names: ['www.refused.localhost'] }, 'acme-problem'],
    ['a CA that is not trusted', { names: ['demo.localhost'], roots: [] }, 'tls'],
  ])('fails for %s', async (_what, wrong, code) => {
    await expect(obtain({ ...options, ...wrong })).rejects.toMatchObject({ code });
  });
});
