import { describe, expect, it } from 'vitest';
import { ApiStage, record, signal } from './api-stage.testing.ts';
import { login } from './auth-session.ts';
import { fakeProvider, shapes } from './fake-dns.testing.ts';
import { pickText } from './pick.ts';

/** Knows the sessions of its own logins until they are over; answers some requests later than others. */
class SessionApi {
  readonly known = new Set<string>();
  logins = 0;
  readonly stage: ApiStage = new ApiStage(async ({ url, headers = {} }) => {
    if (url.endsWith('/login')) return { body: { token: this.#begin() } };
    const known = this.known.has(headers['x-session'] ?? '');
    await this.stage.clock.sleep(known ? 10 : 100 * (1 + (this.stage.requests.length % 3)));
    return known ? { body: {} } : { status: 401 };
  });

  #begin(): string {
    this.logins += 1;
    const token = `session-${this.logins}`;
    this.known.add(token);
    return token;
  }
}

const auth = () =>
  login({
    request: () => ({ method: 'POST', path: '/login', body: { user: 'me' } }),
    session: ({ data }) => ({ token: pickText(data, 'token') ?? '' }),
    apply: (request, token) => ({ ...request, headers: { ...request.headers, 'x-session': token } }),
  });

describe('a session', () => {
  const records = ['a', 'b', 'c', 'd', 'e'].map((label) => record(label, 'value'));

  it('that ends under several requests costs one more login, and no request', async () => {
    const api = new SessionApi();
    const provider = await api.stage.open(fakeProvider({ auth: auth(), write: shapes['by-value'] }));
    await provider.add(records, signal);
    expect(api.logins).toBe(1);
    api.known.clear();
    await provider.add(records, signal);
    expect(api.logins).toBe(2);
  });

  it('that the API refuses at once is asked for once more, not for ever', async () => {
    const api = new SessionApi();
    api.known.add = () => api.known;
    const provider = await api.stage.open(fakeProvider({ auth: auth(), write: shapes['by-value'] }));
    await expect(provider.add(records, signal)).rejects.toMatchObject({ code: 'provider-failed' });
    expect(api.logins).toBeLessThanOrEqual(2);
  });
});
