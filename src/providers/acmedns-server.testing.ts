/** A stand-in for acme-dns, written from its API's documentation (https://github.com/joohoi/acme-dns#api). */
import type { Ports } from '../core/index.ts';
import { WebServer } from './web-server.testing.ts';

interface Slot {
  value: string;
  /** Whole seconds: the server keeps no more. */
  updated: number;
}

interface Held {
  readonly username: string;
  readonly password: string;
  readonly allowfrom: readonly string[];
  readonly slots: readonly [Slot, Slot];
}

const reply = (status: number, body: unknown): Response => Response.json(body, { status });

export class AcmeDnsServer {
  readonly accounts = new Map<string, Held>();
  /** Answers that are sent instead, one after the other; the update is made all the same. */
  readonly mishaps: Response[] = [];
  readonly web = new WebServer((request, body, ports) => this.#answer(request, body, ports));

  /** Makes an account whose password everybody can guess. */
  register(allowfrom: readonly string[] = []): Record<string, unknown> {
    const subdomain = `sub-${this.accounts.size + 1}`;
    const [username, password] = [`user-of-${subdomain}`, `password-of-${subdomain}`];
    const slots = [emptySlot(), emptySlot()] as const;
    this.accounts.set(subdomain, { username, password, allowfrom, slots });
    return { allowfrom, fulldomain: `${subdomain}.auth.example`, subdomain, username, password };
  }

  /** Values that the subdomain shows, sorted. */
  values(subdomain: string): readonly string[] {
    const slots = this.accounts.get(subdomain)?.slots ?? [];
    return slots.flatMap(({ value }) => (value === '' ? [] : [value])).sort();
  }

  #answer(request: Request, body: string, ports: Ports): Response {
    const { pathname } = new URL(request.url);
    const json: Record<string, unknown> = body === '' ? {} : JSON.parse(body);
    const path = pathname.replace('/base', '');
    if (path === '/register') return this.mishaps.shift() ?? reply(201, this.register(textsOf(json.allowfrom)));
    if (path !== '/update') return reply(404, { error: 'not_found' });
    const answer = this.#update(request, json, ports);
    return answer.status === 200 ? (this.mishaps.shift() ?? answer) : answer;
  }

  #update(request: Request, { subdomain, txt }: Record<string, unknown>, ports: Ports): Response {
    const account = this.accounts.get(String(subdomain));
    const [user, key] = ['x-api-user', 'x-api-key'].map((name) => request.headers.get(name));
    if (account === undefined || account.username !== user || account.password !== key)
      return reply(401, { error: 'forbidden', said: key });
    if (typeof txt !== 'string' || txt.length !== 43) return reply(400, { error: 'bad_txt' });
    const [first, second] = account.slots;
    const oldest = second.updated < first.updated ? second : first;
    oldest.value = txt;
    oldest.updated = Math.floor(ports.clock.now().getTime() / 1000);
    return reply(200, { txt });
  }
}

function emptySlot(): Slot {
  return { value: '', updated: 0 };
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
