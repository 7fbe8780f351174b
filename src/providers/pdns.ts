/** `pdns`: the HTTP API of PowerDNS Authoritative Server. */
import { Secret } from '../core/index.ts';
import {
  type AfterStep,
  type ApiCall,
  type ApiReply,
  ApiError,
  apiZone,
  defineProvider,
  dottedName,
  headers,
  json,
  path,
  pick,
  pickList,
  pickNumber,
  pickText,
  type ProviderSettings,
  type RrsetChange,
  type RrsetTarget,
  rrset,
  type StoredRrset,
  type Written,
  type ZoneLookup,
} from '../dns/index.ts';

export const entry = defineProvider({
  code: 'pdns',
  name: 'PowerDNS',
  url: 'https://doc.powerdns.com/authoritative/http-api/',
  prefix: 'PDNS',
  variables: [
    { name: 'PDNS_API_URL', need: 'required', doc: "Address of the server's web server, as in http://127.0.0.1:8081." },
    { name: 'PDNS_API_KEY', need: 'required', secret: true, doc: 'What api-key is in pdns.conf.' },
    { name: 'PDNS_SERVER_NAME', default: 'localhost', doc: 'What the server is called in its API.' },
    { name: 'PDNS_API_VERSION', default: '0', doc: 'Version of the API, 1 today; 0: ask the server.' },
  ],
  notes: [
    'A primary zone is notified to its secondaries. A DNSSEC zone that the server does not rectify by itself is rectified.',
  ],
  defaults: { ttl: 120, propagationTimeout: 120, pollingInterval: 2, httpTimeout: 30 },
  api: (settings) => ({
    base: settings.text('PDNS_API_URL') ?? '',
    codec: json(),
    auth: headers({ 'x-api-key': settings.secret('PDNS_API_KEY') ?? new Secret('') }),
    zone: zoneOfServer(settings),
    name: dottedName,
    quoted: true,
    write: rrset({
      read: ({ zone, name }) => ({
        method: 'GET',
        path: zone.id,
        // An older server shows the whole zone.
        query: { rrset_name: name, rrset_type: 'TXT' },
      }),
      rrset: storedRrset,
      // It is the zone that is missing.
      isAbsent: () => false,
      write: {
        all: (zone, changes) => ({ method: 'PATCH', path: zone.id, body: { rrsets: changes.map(rrsetBody) } }),
      },
    }),
    after: publication,
  }),
});

/** The zone's id is its whole path, which depends on the version. */
function zoneOfServer(settings: ProviderSettings): ZoneLookup {
  const given = settings.number('PDNS_API_VERSION', 0);
  const server = settings.text('PDNS_SERVER_NAME') ?? 'localhost';
  return {
    needsApex: true,
    find: async ({ apex }, call, signal) => {
      const version = given > 0 ? given : await newestVersion(call, signal);
      const root = version > 0 ? `/api/v${version}` : '';
      const zonePath = path`/servers/${server}/zones/${apex.replaceAll('/', '=2F')}`;
      return { ...apiZone({ name: apex }), id: `${root}${zonePath}` };
    },
  };
}

/** 0 is that of a server from before there were versions. */
async function newestVersion(call: ApiCall, signal: AbortSignal): Promise<number> {
  try {
    const { data } = await call({ method: 'GET', path: '/api' }, signal);
    return Math.max(0, ...pickList(data).map((one) => pickNumber(one, 'version') ?? 0));
  } catch (error) {
    if (error instanceof ApiError && error.reply.status === 404) return 0;
    throw error;
  }
}

function storedRrset(reply: ApiReply, target: RrsetTarget): StoredRrset {
  const records = recordsOf(reply, target);
  return { values: records.map(({ content }) => content), ttl: records[0]?.ttl };
}

interface PdnsRecord {
  readonly content: string;
  readonly disabled: boolean;
  readonly ttl: number | undefined;
}

/** In version 0 the zone has a flat list of records, whose names lack the final dot. */
function recordsOf({ data }: ApiReply, { name }: Pick<RrsetTarget, 'name'>): readonly PdnsRecord[] {
  const isOurs = (one: unknown): boolean =>
    pickText(one, 'type') === 'TXT' && `${pickText(one, 'name')?.replace(/\.$/, '').toLowerCase()}.` === name;
  const flat = pickList(data, 'records').filter(isOurs);
  const grouped = pickList(data, 'rrsets')
    .filter(isOurs)
    .flatMap((set) => pickList(set, 'records').map((record) => ({ record, ttl: pickNumber(set, 'ttl') })));
  return [...grouped, ...flat.map((record) => ({ record, ttl: pickNumber(record, 'ttl') }))].map(({ record, ttl }) => ({
    content: pickText(record, 'content') ?? '',
    disabled: pick(record, 'disabled') === true,
    ttl,
  }));
}

function rrsetBody({ zone, name, values, ttl, reply }: RrsetChange): unknown {
  const versionless = zone.id.startsWith('/servers/');
  const known = reply === undefined ? [] : recordsOf(reply, { name });
  const disabled = new Set(known.filter((record) => record.disabled).map(({ content }) => content));
  const shownName = versionless ? name.replace(/\.$/, '') : name;
  const records = values.map((content) => ({
    content,
    disabled: disabled.has(content),
    ...(versionless && { name: shownName, type: 'TXT', ttl }),
  }));
  return values.length === 0
    ? { name: shownName, type: 'TXT', changetype: 'DELETE', records }
    : { name: shownName, type: 'TXT', changetype: 'REPLACE', ttl, records };
}

function publication({ zone, reads }: Written): readonly AfterStep[] {
  const state = reads[0]?.data;
  if (zone.id.startsWith('/servers/')) return [];
  const isPrimary = /^(master|primary)$/i.test(pickText(state, 'kind') ?? '');
  const needsRectifying = pick(state, 'dnssec') === true && pick(state, 'api_rectify') !== true;
  return [
    ...(needsRectifying ? [{ request: { method: 'PUT', path: `${zone.id}/rectify` }, optional: true } as const] : []),
    ...(isPrimary ? [{ request: { method: 'PUT', path: `${zone.id}/notify` }, optional: true } as const] : []),
  ];
}
