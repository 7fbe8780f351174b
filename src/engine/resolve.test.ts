import { describe, expect, it } from 'vitest';
import { World } from '../../sim/index.ts';
import { inTown } from '../../sim/town.ts';
import { type CertificateRequest, type Resolution, resolve, specsOf } from './resolve.ts';

const request: Omit<CertificateRequest, 'names'> = {
  key: { kind: 'generate', algorithm: 'EC256', reuse: false },
  issuers: [],
  solvers: [],
  renewal: { shortLifetimeMs: 0, ari: false, ariWaitMs: 0 },
  deadlineMs: 1000,
  storedNames: 'keep',
};

/** With a certificate for www.example and n1.example stored as `www.example`. */
function resolved(...requests: readonly CertificateRequest[]): Promise<Resolution> {
  return inTown(new World({ seed: 'resolve' }), async (town) =>
    town.visit(async (client) => {
      await client.run([client.spec(['www.example', 'n1.example'])]);
      return resolve(requests, client.stores.certificates);
    }),
  );
}

const namesOf = (resolution: Resolution): readonly string[] =>
  specsOf(resolution).flatMap(({ identifiers }) => identifiers.map(({ value }) => value));

describe('resolve', () => {
  it('names a record by its first name, normalised', async () => {
    const [spec] = specsOf(await resolved({ ...request, names: ['Other.Example.', 'two.example'] }));
    expect(spec).toMatchObject({ name: 'other.example', deadlineMs: 1000 });
  });

  it('keeps the names of the stored certificate, or drops them, as asked', async () => {
    const wanted = { ...request, name: 'www.example', names: ['www.example', 'n2.example'] };
    expect(namesOf(await resolved(wanted))).toEqual(['www.example', 'n1.example', 'n2.example']);
    expect(namesOf(await resolved({ ...wanted, storedNames: 'drop' }))).toEqual(['www.example', 'n2.example']);
  });

  it('takes the stored names when none are given', async () => {
    expect(namesOf(await resolved({ ...request, name: 'www.example', names: [] }))).toEqual([
      'www.example',
      'n1.example',
    ]);
  });

  it('asks for names when none are given and none are stored', async () => {
    const question = await resolved({ ...request, name: 'new', names: [] });
    expect(question).toEqual({ question: { about: 'names', certificate: 'new' } });
    expect(() => specsOf(question)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('"new"') }),
    );
    const nothing = await resolved({ ...request, names: [] });
    expect(() => specsOf(nothing)).toThrow(expect.objectContaining({ code: 'usage', next: expect.any(String) }));
  });

  it('refuses two certificates under one name', async () => {
    const twins = [
      { ...request, names: ['a.example'] },
      { ...request, names: ['A.example', 'b.example'] },
    ];
    await expect(resolved(...twins)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('a.example'),
    });
  });
});
