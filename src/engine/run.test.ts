import { describe, expect, it } from 'vitest';
import { World } from '../../sim/index.ts';
import { defaultNames, inTown, type Town } from '../../sim/town.ts';
import { type EversealEvent, fromBase64Url, fromUtf8, type HttpRequest, type Ports, utf8 } from '../core/index.ts';
import { readCertificateChain } from '../pki/index.ts';
import type { CertificateReport, Report } from './report.ts';

const day = 86_400_000;
const names = ['www.example'];

function only(report: Report): CertificateReport {
  const [first, ...others] = report.certificates;
  if (first === undefined || others.length > 0) throw new Error('expected one certificate');
  return first;
}

function requests(events: readonly EversealEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'acme.request' ? `${event.method} ${new URL(event.url).pathname.split('/')[1]}` : [],
  );
}

const issueOnce = (town: Town, wrap?: (ports: Ports) => Ports): Promise<CertificateReport> =>
  town.visit(async (client) => only(await client.run([client.spec(names)])), { wrap });

/** Ports that note the payloads of the new orders that the CA is sent. */
function watchingOrders(orders: unknown[]): (ports: Ports) => Ports {
  const note = ({ url, body }: HttpRequest): void => {
    if (url.endsWith('/new-order')) orders.push(JSON.parse(fromUtf8(fromBase64Url(JSON.parse(String(body)).payload))));
  };
  return (ports) => ({
    ...ports,
    http: {
      request: (request) => {
        note(request);
        return ports.http.request(request);
      },
    },
  });
}

describe('run', () => {
  it('obtains a certificate that belongs to its key', async () => {
    await inTown(new World({ seed: 'obtain' }), async (town) => {
      const report = await issueOnce(town);
      expect(report).toMatchObject({ outcome: 'issued', because: 'missing', error: undefined });
      await town.visit(async ({ stores }) => {
        const material = await stores.certificates.read('www.example');
        const [leaf, issuer] = readCertificateChain(material?.chain ?? '');
        expect(leaf?.identifiers).toEqual([{ type: 'dns', value: 'www.example' }]);
        expect(issuer?.isCa).toBe(true);
        expect(material?.key?.reveal()).toContain('PRIVATE KEY');
      });
    });
  });

  it('does nothing and asks nothing when nothing is due and the CA’s advice still holds', async () => {
    await inTown(new World({ seed: 'keep' }), async (town) => {
      await issueOnce(town);
      expect(await issueOnce(town)).toMatchObject({ outcome: 'kept', because: 'not-due' });
      town.events.length = 0;
      expect(await issueOnce(town)).toMatchObject({ outcome: 'kept' });
      expect(requests(town.events)).toEqual([]);
    });
  });

  it('renews when it is due, telling the CA what is replaced', async () => {
    await inTown(new World({ seed: 'renew' }), async (town) => {
      const first = await issueOnce(town);
      await town.world.sleep(70 * day);
      const orders: unknown[] = [];
      const second = await issueOnce(town, watchingOrders(orders));
      expect(second).toMatchObject({ outcome: 'issued' });
      expect(second.facts?.serial).not.toBe(first.facts?.serial);
      expect(['advised', 'due']).toContain(second.because);
      expect(first.facts?.certId).toMatch(/^[\w-]+\.[\w-]+$/);
      expect(orders).toEqual([expect.objectContaining({ replaces: first.facts?.certId })]);
      expect(town.ca.stats().accounts).toBe(1);
    });
  });

  it('does nothing, and succeeds, beside a state folder of a later version; what is due fails', async () => {
    await inTown(new World({ seed: 'newer' }), async (town) => {
      const first = await issueOnce(town);
      const { disk } = town.web;
      disk.write('/data/.everseal/format.json', utf8('{"format":2}'), { mode: 0o600 });
      const files = () => disk.tree('/data').map((path) => [path, disk.readText(path)]);
      const before = files();
      town.events.length = 0;
      expect(await issueOnce(town)).toMatchObject({ outcome: 'kept', facts: { serial: first.facts?.serial } });
      expect(town.events).toContainEqual({ type: 'warning', message: expect.stringContaining('later version') });
      await town.world.sleep(70 * day);
      const due = await issueOnce(town);
      expect(due).toMatchObject({ outcome: 'failed', because: 'newer-format', error: { next: expect.any(String) } });
      expect(files()).toEqual(before);
    });
  });

  it('renews when the CA says so, long before the date rule would', async () => {
    await inTown(new World({ seed: 'advised' }), async (town) => {
      await issueOnce(town);
      const now = town.web.now;
      town.ca.setRenewalInfo('*', { start: new Date(now - 2 * day), end: new Date(now - day) });
      expect(await issueOnce(town)).toMatchObject({ outcome: 'issued', because: 'advised' });
    });
  });

  it('issues anew when other names are wanted', async () => {
    await inTown(new World({ seed: 'names' }), async (town) => {
      await issueOnce(town);
      const report = await town.visit(async (client) => {
        const spec = { ...client.spec(['www.example', 'n1.example']), name: 'www.example' };
        return only(await client.run([spec]));
      });
      expect(report).toMatchObject({ outcome: 'issued', because: 'changed-names' });
    });
  });

  it('makes the requests that the design allows: one name 7 and one nonce, ten names 25 and at most eight', async () => {
    for (const [count, budget] of [
      [1, 7],
      [10, 25],
    ] as const) {
      const ca = { asynchronousFinalize: { ms: 20 } };
      await inTown(
        new World({ seed: `requests ${count}` }),
        async (town) => {
          await town.visit(async (client) => client.run([client.spec(['n9.example'])]));
          town.events.length = 0;
          await town.visit(async (client) => only(await client.run([client.spec(defaultNames.slice(0, count))])));
          const made = requests(town.events);
          const nonces = made.filter((request) => request.startsWith('HEAD'));
          expect(made.length - nonces.length).toBe(budget);
          expect(nonces.length).toBeLessThanOrEqual(Math.min(8, count));
          expect(made).not.toContain('GET directory');
        },
        { ca },
      );
    }
  });

  it('counts every request that the CA saw', async () => {
    await inTown(new World({ seed: 'hidden' }), async (town) => {
      await issueOnce(town);
      const seen = [...town.ca.stats().requests.values()].reduce((sum, count) => sum + count, 0);
      expect(requests(town.events)).toHaveLength(seen);
    });
  });

  it('goes on with the others when one fails, and remembers the failure', async () => {
    await inTown(
      new World({ seed: 'others' }),
      async (town) => {
        const report = await town.visit((client) => client.run([client.spec(['bad.example']), client.spec(names)]));
        const [bad, good] = report.certificates;
        expect(bad).toMatchObject({ outcome: 'failed', error: { next: expect.any(String) } });
        expect(bad?.nextAction?.getTime()).toBeGreaterThan(town.web.now);
        expect(good).toMatchObject({ outcome: 'issued' });
        const patient = await town.visit(async (client) =>
          only(await client.run([client.spec(['bad.example'])], { patient: true })),
        );
        expect(patient).toMatchObject({ outcome: 'held', because: 'backoff' });
      },
      { ca: { refusedNames: ['bad.example'] } },
    );
  });

  it('goes on with an order that a failing network interrupted, also after runs that only held their peace', async () => {
    await inTown(new World({ seed: 'interrupted' }), async (town) => {
      const client = { requestTimeoutMs: 1000 };
      await issueOnce(town);
      await town.world.sleep(70 * day);
      town.world.network.script({ mishap: 'lost', match: /authorization/, times: 10 });
      const patient = (): Promise<CertificateReport> =>
        town.visit(async (visitor) => only(await visitor.run([visitor.spec(names)], { patient: true, client })));
      expect(await patient()).toMatchObject({ outcome: 'failed' });
      expect(await patient()).toMatchObject({ outcome: 'held' });
      await town.world.sleep(day);
      town.events.length = 0;
      let report = await patient();
      for (let n = 0; n < 5 && report.outcome !== 'issued'; n += 1) {
        await town.world.sleep(day);
        report = await patient();
      }
      expect(report).toMatchObject({ outcome: 'issued' });
      expect(town.ca.stats().orders).toBe(2);
      expect(town.events.map(({ type }) => type)).toContain('order.resumed');
    });
  });

  it('names the name that could not be validated and what the CA saw', async () => {
    await inTown(new World({ seed: 'unreachable' }), async (town) => {
      const report = await town.visit(async (client) =>
        only(await client.run([client.spec(['www.example', 'nowhere.example'])])),
      );
      expect(report).toMatchObject({ outcome: 'failed', because: 'order-failed' });
      expect(report.error?.message).toContain('nowhere.example');
      expect(report.error?.message).not.toContain('www.example (');
    });
  });

  it('spends nothing at the CA when its port is taken', async () => {
    await inTown(new World({ seed: 'port' }), async (town) => {
      const report = await town.visit(async (client) => {
        await client.ports.net.serveHttp({
          address: { host: '', port: 80 },
          handler: async () => new Response('busy'),
        });
        return only(await client.run([client.spec(names)]));
      });
      expect(report).toMatchObject({ outcome: 'failed', because: 'port-in-use' });
      expect(town.ca.stats()).toMatchObject({ accounts: 0, orders: 0 });
    });
  });

  it('tries the next CA when the first one cannot', async () => {
    await inTown(new World({ seed: 'fallback' }), async (town) => {
      const report = await town.visit(async (client) => {
        const dead = client.issuer({ directory: 'https://gone.test/directory' });
        return only(await client.run([client.spec(names, { issuers: [dead, client.issuer()] })]));
      });
      expect(report).toMatchObject({ outcome: 'issued' });
      const again = await town.visit(async (client) => {
        const dead = client.issuer({ directory: 'https://gone.test/directory' });
        return only(await client.run([client.spec(names, { issuers: [dead, client.issuer()] })]));
      });
      expect(again).toMatchObject({ outcome: 'kept' });
    });
  });

  it('tells each CA’s reason when none can', async () => {
    await inTown(new World({ seed: 'none' }), async (town) => {
      const report = await town.visit(async (client) => {
        const issuers = ['a', 'b'].map((host) => client.issuer({ directory: `https://${host}.test/directory` }));
        return only(await client.run([client.spec(names, { issuers })]));
      });
      expect(report.error?.message).toMatch(/a\.test.*b\.test/);
    });
  });

  it('registers the same key again when the CA has forgotten its accounts', async () => {
    await inTown(new World({ seed: 'reset' }), async (town) => {
      await issueOnce(town);
      await town.openCa('ca.test');
      const report = await town.visit(async (client) => only(await client.run([client.spec(['n1.example'])])));
      expect(report).toMatchObject({ outcome: 'issued' });
      expect(town.ca.stats().accounts).toBe(1);
    });
  });

  it('keeps the key when told to, and makes a new one otherwise', async () => {
    await inTown(new World({ seed: 'reuse' }), async (town) => {
      const keyAfter = (reuse: boolean): Promise<string | undefined> =>
        town.visit(async (client) => {
          const spec = client.spec(names, { key: { kind: 'generate', algorithm: 'EC256', reuse } });
          await client.run([spec], { force: true });
          return (await client.stores.certificates.read('www.example'))?.key?.reveal();
        });
      const first = await keyAfter(true);
      expect(await keyAfter(true)).toBe(first);
      expect(await keyAfter(false)).not.toBe(first);
    });
  });

  it('says what an unproven wildcard would need', async () => {
    await inTown(new World({ seed: 'wildcard' }), async (town) => {
      const report = await town.visit(async (client) => only(await client.run([client.spec(['*.example'])])));
      expect(report).toMatchObject({ outcome: 'failed' });
      expect(report.error?.next).toBeTruthy();
    });
  });
});
