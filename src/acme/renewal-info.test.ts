import { describe, expect, it } from 'vitest';
import { acmeWorld } from './harness.testing.ts';
import { fails, json, reply } from './scripted-replies.testing.ts';

const certId = 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE';
const window = { start: '2026-12-01T00:00:00Z', end: '2026-12-03T00:00:00Z' };

describe('renewal information (RFC 9773)', () => {
  it('is an unauthenticated GET below the resource', async () => {
    const { run, client, server } = acmeWorld();
    expect(await run(() => client.fetchRenewalInfo(certId))).toEqual({
      start: new Date(window.start),
      end: new Date(window.end),
      explanationUrl: 'https://ca.test/why',
      retryAfterMs: 3_600_000,
    });
    expect(server.requests.at(-1)?.http).toMatchObject({
      method: 'GET',
      url: `https://ca.test/renewal-info/${certId}`,
    });
    expect(server.count('newNonce')).toBe(0);
  });

  it('a trailing slash of the resource is not doubled', async () => {
    const { run, client, server } = acmeWorld({ directory: { renewalInfo: 'https://ca.test/renewal-info/' } });
    await run(() => client.fetchRenewalInfo(certId));
    expect(server.requests.at(-1)?.http.url).toBe(`https://ca.test/renewal-info/${certId}`);
  });

  it.each([
    ['none', undefined, 21_600_000],
    ['nonsense', 'soon', 21_600_000],
    ['too short', '1', 60_000],
    ['too long', '9999999', 86_400_000],
  ])('Retry-After: %s', async (_what, value, ms) => {
    const { run, client, server } = acmeWorld();
    server.always('renewalInfo', () =>
      json(200, { suggestedWindow: window }, value === undefined ? {} : { 'retry-after': value }),
    );
    expect((await run(() => client.fetchRenewalInfo(certId))).retryAfterMs).toBe(ms);
  });

  it.each([
    ['ends before it starts', { start: window.end, end: window.start }],
    ['ends as it starts', { start: window.start, end: window.start }],
    ['has no dates', { start: 'soon', end: 'later' }],
    ['is missing', undefined],
  ])('a window that %s is no answer', async (_what, suggestedWindow) => {
    const { run, client, server } = acmeWorld();
    server.always('renewalInfo', () => json(200, { suggestedWindow }));
    await expect(run(() => client.fetchRenewalInfo(certId))).rejects.toMatchObject({ code: 'bad-server' });
  });

  it.each(['javascript:alert(1)', 'https://ca.test/\u001b[2J', 7])(
    'the explanation %j is dropped',
    async (explanationURL) => {
      const { run, client, server } = acmeWorld();
      server.always('renewalInfo', () => json(200, { suggestedWindow: window, explanationURL }));
      expect(await run(() => client.fetchRenewalInfo(certId))).not.toHaveProperty('explanationUrl');
    },
  );

  it('is unsupported where the directory does not name it', async () => {
    const { run, client } = acmeWorld({ directory: { renewalInfo: undefined } });
    await expect(run(() => client.fetchRenewalInfo(certId))).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('a passing failure is tried again, a refusal is not', async () => {
    const { run, client, server } = acmeWorld();
    server.script('renewalInfo', fails('timeout'), () => reply(503));
    await run(() => client.fetchRenewalInfo(certId));
    server.script('renewalInfo', () => reply(404));
    await expect(run(() => client.fetchRenewalInfo(certId))).rejects.toMatchObject({ code: 'acme-problem' });
    expect(server.count('renewalInfo')).toBe(4);
  });

  it.each(['', 'nodot', 'a/../b.c', 'a.b?c'])('the certificate identifier %j is refused', async (id) => {
    const { run, client } = acmeWorld();
    await expect(run(() => client.fetchRenewalInfo(id))).rejects.toMatchObject({ code: 'usage' });
  });
});
