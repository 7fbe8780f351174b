/**
 * What lego asks of DNS APIs, ours ask, too: its recorded requests, played against our providers. Where ours ask differently
 * on purpose, the scene says why and has the requests that are right instead.
 */
import { describe, expect, it } from 'vitest';
import { type Environment, EversealError } from '../src/core/index.ts';
import type { DnsResolver, ProviderPorts, ProviderReceipt, TxtRecord } from '../src/dns/index.ts';
import { nodePorts } from '../src/node/index.ts';
import { openProvider } from '../src/providers/index.ts';
import {
  replay,
  type WireCall,
  type WireRequest,
  type WireTrace,
  wireTrace,
  wireTraces,
} from './harness/wire-replay.ts';

interface Scene {
  readonly code: string;
  /** The recording, or those that it is made of. */
  readonly of: readonly string[];
  /** Why the requests are not those of the recording. */
  readonly because?: string;
  readonly environment: Environment;
  /** Address of the API that cannot be set: requests to it go to the replay. */
  readonly base?: string;
  readonly does: readonly ('add' | 'remove')[];
  readonly record: TxtRecord;
  readonly receipt?: ProviderReceipt;
  readonly calls: readonly WireCall[];
  /** The message, when it is to fail. */
  readonly fails?: RegExp;
}

const { signal } = new AbortController();

async function play(scene: Scene): Promise<void> {
  const stage = await replay(scene.calls);
  try {
    const environment = Object.fromEntries(
      Object.entries(scene.environment).map(([name, value]) => [name, stage.fill(value ?? '')]),
    );
    const provider = await openProvider(scene.code, {
      ports: portsTo(stage.server, scene.base),
      environment,
      workingFolder: '/',
      resolver: blindResolver,
      events: () => undefined,
    });
    const work = async (): Promise<void> => {
      let receipt = scene.receipt;
      for (const verb of scene.does) {
        if (verb === 'add') [receipt] = await provider.add([scene.record], signal);
        else await provider.remove([{ record: scene.record, receipt }], signal);
      }
    };
    const failure = await work().catch((error: unknown) => error);
    await provider.close?.();
    if (failure !== undefined && scene.fails === undefined) throw failure;
    stage.expectAllPlayed();
    if (scene.fails === undefined) return;
    expect(failure).toBeInstanceOf(EversealError);
    expect(failure).toMatchObject({ message: expect.stringMatching(scene.fails) });
  } finally {
    await stage.close();
  }
}

function portsTo(server: string, base: string | undefined): ProviderPorts {
  const ports = nodePorts();
  if (base === undefined) return ports;
  return {
    ...ports,
    http: {
      request(request) {
        if (!request.url.startsWith(`${base}/`)) throw new TypeError(`${request.url} is not below ${base}`);
        return ports.http.request({ ...request, url: server + request.url.slice(base.length) });
      },
    },
  };
}

const unasked = async (): Promise<never> => {
  throw new TypeError('a replay asks no resolver');
};
const blindResolver: DnsResolver = {
  servers: [],
  query: unasked,
  ask: unasked,
  lookupTxt: unasked,
  followCname: unasked,
  findZone: unasked,
  nameServers: unasked,
};

/** As in the recordings, zones are the last two labels. */
function zoneOf(name: string): string {
  return `${name.split('.').slice(-3).join('.')}`;
}

function recordOf({ inputs }: WireTrace): TxtRecord {
  if (inputs === undefined) throw new TypeError('the recording has no inputs');
  const { domain, token, keyAuth, effectiveFqdn = `_acme-challenge.${domain}.`, value = '' } = inputs;
  return {
    name: effectiveFqdn,
    zone: zoneOf(effectiveFqdn),
    value,
    challenge: { domain, token, keyAuthorization: keyAuth },
  };
}

function changed(request: WireRequest, change: Partial<WireRequest>): WireRequest {
  return { ...request, ...change };
}

function jsonReply(status: number, body: unknown): WireCall['response'] {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

// ---------------------------------------------------------------- httpreq

function httpreqScenes(): readonly Scene[] {
  return wireTraces('httpreq').map((trace): Scene => {
    const [call] = trace.calls;
    return {
      code: 'httpreq',
      of: [trace.test],
      environment: { ...trace.env, HTTPREQ_ENDPOINT: String(trace.config?.Endpoint) },
      does: [trace.level === 'cleanup' ? 'remove' : 'add'],
      record: recordOf(trace),
      calls: trace.calls,
      ...(trace.expected_error !== undefined && { fails: new RegExp(`answered with ${call?.response.status}: `) }),
    };
  });
}

// ---------------------------------------------------------------- acmedns

function acmednsScenes(): readonly Scene[] {
  const value = 'A'.repeat(43);
  const stored = (trace: WireTrace): Record<string, string> => JSON.parse(trace.calls[0]?.request.body ?? '{}');
  const sceneOf = (test: string, more: Pick<Scene, 'calls'> & Partial<Scene>, fullDomain: string): Scene => ({
    code: 'acmedns',
    of: [test],
    environment: { ACME_DNS_API_BASE: '{{server}}', ACME_DNS_STORAGE_BASE_URL: '{{server}}' },
    does: ['add'],
    record: {
      name: `${fullDomain}.`,
      zone: '',
      value,
      challenge: { domain: 'example.com', token: 't', keyAuthorization: 't.k' },
    },
    ...more,
  });
  const update = ({ username = '', password = '', subdomain = '' }: Record<string, string>): WireCall => ({
    request: {
      method: 'POST',
      path: '/update',
      headers: { 'content-type': 'application/json', 'x-api-user': username, 'x-api-key': password },
      body: JSON.stringify({ subdomain, txt: value }),
    },
    response: jsonReply(200, { txt: value }),
  });
  const fetched = wireTrace('acmedns', 'TestHTTPStorage_Fetch');
  const account: Record<string, string> = JSON.parse(fetched.calls[0]?.response.body ?? '{}');
  const find = (response: WireCall['response']): WireCall => ({
    request: fetched.calls[0]?.request ?? { method: '', path: '', headers: {} },
    response,
  });
  const puts = (test: string): Scene => {
    const trace = wireTrace('acmedns', test);
    const { server_url: _, ...registered } = stored(trace);
    const [put] = trace.calls;
    if (put === undefined) throw new Error(`${test} has no call.`);
    const request = changed(put.request, { body: JSON.stringify({ ...registered, server_url: '{{server}}' }) });
    const { status } = put.response;
    return sceneOf(
      test,
      {
        because: 'an account is looked for before one is registered, and its server is noted',
        calls: [
          find({ status: 404, headers: {} }),
          { request: { method: 'POST', path: '/register', headers: {} }, response: jsonReply(201, registered) },
          { request, response: put.response },
          ...(status === 201 ? [update(registered)] : []),
        ],
        ...(status !== 201 && { fails: status === 200 ? /CNAME/ : /answered with 500: / }),
      },
      registered.fulldomain ?? '',
    );
  };
  return [
    sceneOf(
      'TestHTTPStorage_Fetch',
      {
        because: 'the update follows',
        calls: [...fetched.calls, update(account)],
      },
      account.fulldomain ?? '',
    ),
    sceneOf(
      'TestHTTPStorage_Fetch_error',
      { calls: wireTrace('acmedns', 'TestHTTPStorage_Fetch_error').calls, fails: /answered with 500: / },
      'foo.example.com',
    ),
    ...[
      'TestHTTPStorage_Put',
      'TestHTTPStorage_Put_CNAME_created',
      'TestHTTPStorage_Put_error',
      'TestRegister_httpStorage/status_code_200',
      'TestRegister_httpStorage/status_code_201',
    ].map(puts),
  ];
}

// ---------------------------------------------------------------- gandiv5

function gandiScenes(): readonly Scene[] {
  const whole = wireTrace('gandiv5', 'TestDNSProvider');
  const adding = wireTrace('gandiv5', 'TestClient_AddTXTRecord');
  const deleting = wireTrace('gandiv5', 'TestClient_DeleteTXTRecord');
  const [read, write, remove] = three(whole);
  const record = recordOf(whole);
  const held = (values: readonly string[]): WireCall['response'] =>
    jsonReply(200, { rrset_ttl: 300, rrset_values: values, rrset_type: 'TXT' });
  const common = { code: 'gandiv5', base: 'https://api.gandi.net/v5/livedns' } as const;
  const foo = { name: 'foo.example.com.', zone: 'example.com.' };
  const deleteOnly = deleting.calls[0];
  const [addRead, addWrite] = adding.calls;
  if (deleteOnly === undefined || addRead === undefined || addWrite === undefined)
    throw new Error('Calls are missing.');
  const bearerOnly = deleteOnly.request.headers;
  const readFoo = { ...addRead, request: changed(addRead.request, { headers: bearerOnly }) };
  return [
    {
      ...common,
      of: [whole.test],
      because: 'clean-up looks first whether the RRset holds values of others',
      environment: whole.env ?? {},
      does: ['add', 'remove'],
      record,
      calls: [read, write, { ...read, response: held([record.value]) }, remove],
    },
    {
      ...common,
      of: [whole.test],
      because: 'a value of somebody else stays when ours goes',
      environment: whole.env ?? {},
      does: ['remove'],
      record,
      calls: [
        { ...read, response: held(['foreign', record.value]) },
        {
          request: changed(write.request, { body: JSON.stringify({ rrset_ttl: 300, rrset_values: ['foreign'] }) }),
          response: write.response,
        },
      ],
    },
    {
      ...common,
      of: [adding.test],
      because: 'values of others stay in front',
      environment: { GANDIV5_API_KEY: 'secret-apikey' },
      does: ['add'],
      record: { ...foo, value: 'content' },
      calls: [addRead, { ...addWrite, request: changed(addWrite.request, { body: reversedValues(addWrite) }) }],
    },
    {
      ...common,
      of: [deleting.test],
      because: 'clean-up looks first whether the RRset holds values of others',
      environment: { GANDIV5_PERSONAL_ACCESS_TOKEN: 'secret-pat' },
      does: ['remove'],
      record: { ...foo, value: 'value1' },
      calls: [readFoo, deleteOnly],
    },
  ];
}

function reversedValues({ request }: WireCall): string {
  const body: { rrset_values: readonly string[] } = JSON.parse(request.body ?? '');
  return JSON.stringify({ ...body, rrset_values: [...body.rrset_values].reverse() });
}

// ---------------------------------------------------------------- desec

function desecScenes(): readonly Scene[] {
  const present = wireTrace('desec', 'TestDNSProvider_Present');
  const cleanup = wireTrace('desec', 'TestDNSProvider_CleanUp');
  const [zone, read, write] = three(cleanup);
  const record = recordOf(cleanup);
  const common = { code: 'desec', base: 'https://desec.io/api/v1', record } as const;
  const both: { records: readonly string[] } = JSON.parse(three(present)[2].request.body ?? '');
  const stored: Record<string, unknown> = JSON.parse(read.response.body ?? '');
  return [
    { ...common, of: [present.test], environment: present.env ?? {}, does: ['add'], calls: present.calls },
    {
      ...common,
      of: [cleanup.test],
      because: 'nothing is written when nothing of ours is there',
      environment: cleanup.env ?? {},
      does: ['remove'],
      calls: [zone, read],
    },
    {
      ...common,
      of: [cleanup.test],
      because: 'our value is there, too',
      environment: cleanup.env ?? {},
      does: ['remove'],
      calls: [zone, { ...read, response: jsonReply(200, { ...stored, ...both }) }, write],
    },
  ];
}

// ---------------------------------------------------------------- cloudflare

function cloudflareScenes(): readonly Scene[] {
  const present = wireTrace('cloudflare', 'TestDNSProvider_Present');
  const cleanup = wireTrace('cloudflare', 'TestDNSProvider_CleanUp');
  const [zone] = present.calls;
  if (zone === undefined) throw new Error('The zone is not looked up.');
  const common = { code: 'cloudflare', environment: present.env ?? {}, record: recordOf(present) } as const;
  const receipt = { id: cleanup.state?.recordIDs?.abc ?? '' };
  const fails = /answered with 400.*6003: Invalid request headers; 6103: Invalid format for X-Auth-Key header/;
  const lookup = (test: string): readonly WireCall[] => wireTrace('cloudflare', test).calls;
  const clientScene = (test: string, does: 'add' | 'remove', more: Partial<Scene> = {}): Scene => ({
    ...common,
    of: [test],
    because: 'the zone is looked up first',
    does: [does],
    receipt,
    calls: [zone, ...wireTrace('cloudflare', test).calls],
    ...more,
  });
  return [
    { ...common, of: [present.test], does: ['add'], calls: present.calls },
    { ...common, of: [cleanup.test], does: ['remove'], receipt, calls: cleanup.calls },
    clientScene('TestClient_CreateDNSRecord', 'add'),
    clientScene('TestClient_CreateDNSRecord_error', 'add', {
      because: 'the zone is looked up first, and a record that is refused may be there already',
      calls: [zone, ...lookup('TestClient_CreateDNSRecord_error'), nothingListed(cleanup)],
      fails,
    }),
    clientScene('TestClient_DeleteDNSRecord', 'remove'),
    clientScene('TestClient_DeleteDNSRecord_error', 'remove', { fails }),
    clientScene('TestClient_ZonesByName', 'remove', {
      because: 'the record is deleted then',
      calls: [...lookup('TestClient_ZonesByName'), ...cleanup.calls.slice(1)],
    }),
    {
      ...common,
      of: ['TestClient_ZonesByName_error'],
      does: ['add'],
      calls: lookup('TestClient_ZonesByName_error'),
      fails,
    },
  ];
}

/** An empty list in answer to a question for the TXT records at the name. */
function nothingListed({ calls }: WireTrace): WireCall {
  const [, deletion] = calls;
  if (deletion === undefined) throw new Error('The record is not deleted.');
  const path = `${deletion.request.path.replace(/\/[^/]*$/, '')}?name=_acme-challenge.example.com&type=TXT&page=1&per_page=100`;
  return {
    request: changed(deletion.request, { method: 'GET', path }),
    response: jsonReply(200, { success: true, result: [], result_info: { page: 1, total_pages: 1 } }),
  };
}

function three({ test, calls }: WireTrace): readonly [WireCall, WireCall, WireCall] {
  const [a, b, c] = calls;
  if (a === undefined || b === undefined || c === undefined) throw new Error(`${test} has less than three calls.`);
  return [a, b, c];
}

// ---------------------------------------------------------------- pdns

function pdnsScenes(): readonly Scene[] {
  const record = { name: '_acme-challenge.example.org.', zone: 'example.org.', value: 'of-ours' };
  const of = (test: string): WireCall => only(wireTrace('pdns', `TestClient_${test}`));
  const [reading, oldReading, failing] = [of('GetHostedZone'), of('GetHostedZone_v0'), of('GetHostedZone_error')];
  const [updating, nested, oldUpdating] = [of('UpdateRecords'), of('UpdateRecords_NonRootApi'), of('UpdateRecords_v0')];
  const [notifying, nestedNotifying, versions] = [of('Notify'), of('Notify_NonRootApi'), of('getAPIVersion')];
  const newest: readonly { readonly version: number }[] = JSON.parse(versions.response.body ?? '');
  const highest = Math.max(...newest.map(({ version }) => version));
  const query = `?rrset_name=${record.name}&rrset_type=TXT`;
  const readAt = ({ request }: WireCall): WireCall => ({
    request: changed(request, { method: 'GET', path: request.path + query, body: '' }),
    response: reading.response,
  });
  const writeAt = (call: WireCall, body: unknown): WireCall => ({
    request: changed(call.request, { body: JSON.stringify({ rrsets: [body] }) }),
    response: call.response,
  });
  const at = (call: WireCall, from: string, to: string): WireCall => ({
    ...call,
    request: changed(call.request, { path: call.request.path.replace(from, to) }),
  });
  const records = [{ content: '"of-ours"', disabled: false }];
  const rrset = { name: record.name, type: 'TXT', ttl: 120, changetype: 'REPLACE', records };
  const oldName = { name: '_acme-challenge.example.org', type: 'TXT', ttl: 120 };
  const environment = { PDNS_API_URL: '{{server}}', PDNS_API_KEY: 'secret', PDNS_API_VERSION: '1' };
  const common = { code: 'pdns', does: ['add'], record } as const;
  const because = 'only the RRset is read, and what is written is a TXT RRset';
  return [
    {
      ...common,
      of: ['TestClient_UpdateRecords', 'TestClient_Notify'],
      because,
      environment,
      calls: [readAt(updating), writeAt(updating, rrset), notifying],
    },
    {
      ...common,
      of: ['TestClient_GetHostedZone'],
      because,
      environment: { ...environment, PDNS_SERVER_NAME: 'server' },
      calls: [readAt(reading), ...[writeAt(updating, rrset), notifying].map((call) => at(call, 'localhost', 'server'))],
    },
    {
      ...common,
      of: ['TestClient_GetHostedZone_error'],
      because,
      environment: { ...environment, PDNS_SERVER_NAME: 'server' },
      calls: [{ ...readAt(failing), response: failing.response }],
      fails: /answered with 422: A human readable error message/,
    },
    {
      ...common,
      of: ['TestClient_UpdateRecords_NonRootApi', 'TestClient_Notify_NonRootApi'],
      because,
      environment: { ...environment, PDNS_API_URL: '{{server}}/some/path' },
      calls: [readAt(nested), writeAt(nested, rrset), nestedNotifying],
    },
    {
      ...common,
      of: ['TestClient_getAPIVersion'],
      because: 'the record is written then',
      environment: { PDNS_API_URL: '{{server}}', PDNS_API_KEY: 'secret' },
      calls: [
        versions,
        ...[readAt(updating), writeAt(updating, rrset), notifying].map((call) => at(call, 'v1', `v${highest}`)),
      ],
    },
    {
      ...common,
      of: ['TestClient_UpdateRecords_v0', 'TestClient_GetHostedZone_v0', 'TestClient_Notify_v0'],
      because: `${because}; the server says by 404 that it knows no versions`,
      environment: { PDNS_API_URL: '{{server}}', PDNS_API_KEY: 'secret', PDNS_SERVER_NAME: 'server' },
      calls: [
        { request: versions.request, response: { status: 404, headers: {} } },
        readAt(oldReading),
        at(
          writeAt(oldUpdating, {
            ...oldName,
            changetype: 'REPLACE',
            records: [{ content: '"of-ours"', disabled: false, ...oldName }],
          }),
          'localhost',
          'server',
        ),
      ],
    },
  ];
}

function only({ test, calls }: WireTrace): WireCall {
  const [call, ...more] = calls;
  if (call === undefined || more.length > 0) throw new Error(`${test} has not one call, but ${calls.length}.`);
  return call;
}

/** Recordings that no scene plays, and why. */
const unplayed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  httpreq: {},
  acmedns: {
    TestHTTPStorage_FetchAll: 'the accounts of other domains are never asked for',
    TestHTTPStorage_FetchAll_error: 'the accounts of other domains are never asked for',
  },
};

const scenes: Readonly<Record<string, () => readonly Scene[]>> = {
  acmedns: acmednsScenes,
  cloudflare: cloudflareScenes,
  desec: desecScenes,
  gandiv5: gandiScenes,
  httpreq: httpreqScenes,
  pdns: pdnsScenes,
};

describe.each(Object.entries(scenes))('%s asks what lego asks', (code, all) => {
  it.each(all().map((scene) => [titleOf(scene), scene] as const))('%s', (_title, scene) => play(scene));

  it('in every recording', () => {
    const played = all().flatMap((scene) => scene.of);
    const left = wireTraces(code).filter(({ test }) => !played.includes(test) && !(test in (unplayed[code] ?? {})));
    expect(left.map(({ test }) => test)).toEqual([]);
  });
});

function titleOf({ of, because }: Scene): string {
  return `${of.join(' and ')}${because === undefined ? '' : `, but ${because}`}`;
}
