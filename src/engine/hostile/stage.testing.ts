/**
 * Plays rows of the catalogue: an old certificate, a hostile run, a look at what is left, an honest run that makes the old
 * certificate of the next row. Rows that change the town itself have one of their own.
 */
import { createHash } from 'node:crypto';
import { World } from '../../../sim/index.ts';
import { type Client, Town } from '../../../sim/town.ts';
import {
  EversealError,
  type EversealEvent,
  type Http,
  type HttpRequest,
  type HttpResponse,
  type Ports,
} from '../../core/index.ts';
import type { Report } from '../report.ts';
import type { CertificateSpec } from '../spec.ts';
import type { CertificateMaterial, StoredCertificate } from '../stores.ts';
import type { HostileRow, Resource, Seen, Tamper } from './row.testing.ts';
import { payloadOf } from './tamper.testing.ts';

/** What came of it. */
export interface Scene {
  readonly world: World;
  readonly old: StoredCertificate;
  /** undefined for an operation. */
  readonly report: Report | undefined;
  readonly outcome: string;
  readonly error: EversealError | undefined;
  readonly requests: readonly HttpRequest[];
  readonly events: readonly EversealEvent[];
  readonly ms: number;
  readonly endedAt: number;
  /** Afterwards, before anything else was done. */
  readonly stored: StoredCertificate | undefined;
  readonly material: CertificateMaterial | undefined;
  /** What a renewal at an honest CA came to after that; undefined when the row itself ended in a new certificate. */
  readonly recovery: Report | undefined;
}

export const caOrigin = 'https://ca.test';
const hour = 3_600_000;
const generous = { limitMs: 20 * 366 * 24 * hour, effectLimit: 1_000_000 };

interface Theatre {
  readonly world: World;
  readonly town: Town;
}

/** The town that the rows of one table share. */
export class Stage {
  readonly #seed: string;
  #shared: Theatre | undefined;

  constructor(seed: string) {
    this.#seed = seed;
  }

  async play(row: HostileRow): Promise<Scene> {
    const { ca, before, names, after } = row.setting ?? {};
    const ownTown = [ca, before, names, after, row.lasting].some((special) => special !== undefined);
    const theatre = ownTown ? await open(row.input, row) : (this.#shared ?? (await open(this.#seed, row)));
    // Whatever goes wrong in it: the next row gets another one.
    this.#shared = ownTown ? this.#shared : undefined;
    const scene = await theatre.world.drive(tell(row, theatre));
    if (!ownTown && scene.recovery?.certificates[0]?.outcome !== 'failed') this.#shared = theatre;
    return scene;
  }
}

async function open(seed: string, row: HostileRow): Promise<Theatre> {
  const world = new World({ seed: `hostile ${seed}`, ...generous });
  const { ca } = row.setting ?? {};
  const town = await world.drive(Town.build(world, { ...(ca && { ca }) }));
  await world.drive(town.visit(async (client) => client.run([baseSpec(row, client)])));
  return { world, town };
}

async function tell(row: HostileRow, { world, town }: Theatre): Promise<Scene> {
  const { setting = {} } = row;
  await world.sleep(setting.ageMs ?? 36 * hour);
  await setting.before?.(town);
  const { stored: old } = await look(town);
  if (old === undefined) throw new Error('there is no old certificate');
  town.events.length = 0;
  const requests: HttpRequest[] = [];
  const startedAt = world.elapsed;
  const came = await town.visit((client) => act(row, client), {
    wrap: (ports) => tampered(ports, row, town, requests),
  });
  const [ms, endedAt, events] = [world.elapsed - startedAt, town.web.now, [...town.events]];
  setting.after?.(town);
  const left = await look(town);
  row.check?.(town);
  const recovery =
    row.lasting === undefined && came.outcome !== 'issued'
      ? await town.visit(async (client) => client.run([await specOf(row, client, 'honest')], { force: true }))
      : undefined;
  return { world, old, ...came, requests, events, ms, endedAt, ...left, recovery };
}

function look(town: Town): Promise<Pick<Scene, 'stored' | 'material'>> {
  return town.visit(async ({ stores: { certificates } }) => ({
    stored: await certificates.load('www.example'),
    material: await certificates.read('www.example'),
  }));
}

async function specOf(row: HostileRow, client: Client, server: 'honest' | 'hostile'): Promise<CertificateSpec> {
  const { issuer, spec, newAccount } = row.setting ?? {};
  const base = baseSpec(row, client);
  const { account } = client.issuer(issuer);
  const own = newAccount === true ? { account: { ...account, id: `${idOf(row)}@example.com` } } : {};
  // What was stored of a new account must not be poisoned either: the honest run goes on with it.
  if (server === 'honest')
    return { ...base, issuers: [client.issuer(issuer?.account?.externalAccount === undefined ? own : {})] };
  return { ...base, issuers: [client.issuer({ ...issuer, ...own })], ...(await spec?.(client)) };
}

function baseSpec({ setting }: HostileRow, client: Client): CertificateSpec {
  return { ...client.spec(setting?.names ?? ['www.example']), name: 'www.example' };
}

function idOf({ input }: HostileRow): string {
  return createHash('sha256').update(input).digest('hex').slice(0, 12);
}

type Came = Pick<Scene, 'report' | 'outcome' | 'error'>;

async function act(row: HostileRow, client: Client): Promise<Came> {
  const { operation, unforced } = row.setting ?? {};
  if (operation !== undefined) return operate(operation, client);
  const report = await client.run([await specOf(row, client, 'hostile')], { force: unforced !== true });
  const [only] = report.certificates;
  if (only === undefined) throw new Error('nothing was done');
  return { report, error: only.error, outcome: only.error?.code ?? only.outcome };
}

async function operate(operation: (client: Client) => Promise<unknown>, client: Client): Promise<Came> {
  try {
    await operation(client);
    return { report: undefined, error: undefined, outcome: 'done' };
  } catch (error) {
    if (error instanceof EversealError) return { report: undefined, error, outcome: error.code };
    throw error;
  }
}

function tampered(ports: Ports, row: HostileRow, town: Town, requests: HttpRequest[]): Ports {
  const tampers = [row.server ?? []].flat();
  const counts = new Map<Resource, number>();
  let csr: Uint8Array = new Uint8Array();
  const http: Http = {
    async request(request) {
      requests.push(request);
      const resource = resourceOf(request.url);
      const nth = (counts.get(resource) ?? 0) + 1;
      counts.set(resource, nth);
      const sent = resource === 'finalize' ? payloadOf({ request })?.csr : undefined;
      if (typeof sent === 'string') csr = new Uint8Array(Buffer.from(sent, 'base64url'));
      let genuine: Promise<HttpResponse> | undefined;
      const honest = (): Promise<HttpResponse> => {
        genuine ??= ports.http.request(request);
        return genuine;
      };
      const sleep = (ms: number): Promise<void> => ports.clock.sleep(ms, request.signal);
      return answer(tampers, { resource, request, nth, town, csr, honest, sleep });
    },
  };
  return { ...ports, http };
}

/** Each sees what the one before it made of the reply. */
async function answer(tampers: readonly Tamper[], seen: Seen): Promise<HttpResponse> {
  let current = seen;
  for (const tamper of tampers) {
    const made = await tamper(current);
    if (made !== undefined) current = { ...current, honest: async () => made };
  }
  return current.honest();
}

const paths: readonly (readonly [RegExp, Resource])[] = [
  [/^\/directory$/, 'directory'],
  [/^\/new-nonce$/, 'newNonce'],
  [/^\/new-account$/, 'newAccount'],
  [/^\/new-order$/, 'newOrder'],
  [/^\/order\/[^/]+\/finalize$/, 'finalize'],
  [/^\/order\//, 'order'],
  [/^\/authorization\//, 'authorization'],
  [/^\/challenge\//, 'challenge'],
  [/^\/certificate\/[^/]+$/, 'certificate'],
  [/^\/certificate\//, 'alternate'],
  [/^\/account\//, 'account'],
  [/^\/revoke-cert$/, 'revokeCert'],
  [/^\/key-change$/, 'keyChange'],
  [/^\/renewal-info\//, 'renewalInfo'],
];

function resourceOf(url: string): Resource {
  const { origin, pathname } = new URL(url);
  if (origin !== caOrigin) return 'elsewhere';
  return paths.find(([pattern]) => pattern.test(pathname))?.[1] ?? 'elsewhere';
}
