/** What the templates of a webhook make of a record. */
import { EversealError, printable, Secret } from '../core/index.ts';
import {
  allOf,
  type Api,
  type ApiRequest,
  type Auth,
  basicAuth,
  bearer,
  byValue,
  form,
  headers,
  noZoneLookup,
  type ProviderSettings,
  soaZone,
  type ValueTarget,
  wholeName,
} from '../dns/index.ts';
import { asksForZone, fillIn, type Place } from './webhook-template.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Call {
  readonly method: Method;
  readonly url: string;
  readonly body: string | undefined;
  readonly contentType: string;
}

const methods: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const usualBody = '{"name": "{name}", "value": "{value}", "ttl": {ttl}}';

/** @throws EversealError `usage` naming the variable that makes no sense */
export function webhookApi(settings: ProviderSettings): Api {
  const add = callOf(settings, 'ADD');
  const remove = callOf(settings, 'REMOVE');
  const templates = [add, remove].flatMap(({ url, body = '' }) => [url, body]);
  return {
    base: new URL(add.url.replaceAll(/[{}]/g, '')).origin,
    codec: form('text'),
    auth: authOf(settings),
    zone: templates.some(asksForZone) ? soaZone() : noZoneLookup(),
    name: wholeName,
    write: byValue({ add: (target) => requestOf(add, target), remove: (target) => requestOf(remove, target) }),
    limits: { sequential: settings.flag('WEBHOOK_SEQUENTIAL', false) },
  };
}

function callOf(settings: ProviderSettings, verb: 'ADD' | 'REMOVE'): Call {
  const own = verb === 'REMOVE' ? 'WEBHOOK_REMOVE_METHOD' : 'WEBHOOK_METHOD';
  const variable = settings.text(own) === undefined ? 'WEBHOOK_METHOD' : own;
  const method = methodOf(variable, settings.text(variable) ?? 'POST');
  const contentType = settings.text('WEBHOOK_CONTENT_TYPE') ?? 'application/json';
  const call = {
    method,
    url: urlOf(`WEBHOOK_${verb}_URL`, settings.text(`WEBHOOK_${verb}_URL`) ?? ''),
    body: bodyOf(settings, verb, method, placeOf(contentType)),
    contentType,
  };
  if (call.body !== undefined && placeOf(contentType) === 'json') checkJson(call.body);
  return call;
}

function bodyOf(settings: ProviderSettings, verb: 'ADD' | 'REMOVE', method: Method, place: Place): string | undefined {
  if (method === 'GET') return undefined;
  const given = (verb === 'REMOVE' ? settings.text('WEBHOOK_REMOVE_BODY') : undefined) ?? settings.text('WEBHOOK_BODY');
  if (given !== undefined || method === 'DELETE') return given;
  return place === 'form' ? 'name={name}&value={value}&ttl={ttl}' : usualBody;
}

function methodOf(variable: string, text: string): Method {
  const method = methods.find((known) => known === text.trim().toUpperCase());
  if (method !== undefined) return method;
  throw new EversealError('usage', `${variable} "${printable(text, 40)}" is no method`, {
    next: `Use ${methods.join(', ')}.`,
  });
}

/** The host is the user's word alone: no placeholder in it. */
function urlOf(variable: string, text: string): string {
  const template = text.trim();
  const host = /^https?:\/\/[^/?#]*/.exec(template)?.[0] ?? '';
  if (host.includes('@'))
    throw new EversealError('usage', `${variable} has a user name or password in it`, {
      next: 'Put them into WEBHOOK_USERNAME and WEBHOOK_PASSWORD.',
    });
  if (URL.canParse(host) && !/[{}]/.test(host)) return template;
  throw new EversealError('usage', `${variable} is no address that starts with https:// or http:// and a host`, {
    next: 'Write it as https://host/path, placeholders in path and query only.',
  });
}

const sample: ValueTarget = {
  zone: { apex: 'example.com.', name: 'example.com', id: 'example.com', data: undefined },
  name: '_acme-challenge.example.com',
  fqdn: '_acme-challenge.example.com.',
  ttl: 60,
  value: 'value',
  text: 'value',
};

function checkJson(template: string): void {
  try {
    JSON.parse(fillIn(template, 'json', sample));
  } catch (error) {
    throw new EversealError('usage', 'webhook: the body is not JSON, whatever is filled in', {
      cause: error,
      next: 'Mend WEBHOOK_BODY or WEBHOOK_REMOVE_BODY, or set WEBHOOK_CONTENT_TYPE to what it is.',
    });
  }
}

function placeOf(contentType: string): Place {
  if (/\bjson\b/i.test(contentType)) return 'json';
  return /x-www-form-urlencoded/i.test(contentType) ? 'form' : 'text';
}

function requestOf({ method, url, body, contentType }: Call, target: ValueTarget): ApiRequest {
  return {
    method,
    path: fillIn(url, 'url', target),
    ...(body !== undefined && {
      headers: { 'content-type': contentType },
      body: fillIn(body, placeOf(contentType), target),
    }),
  };
}

function authOf(settings: ProviderSettings): Auth {
  const token = settings.secret('WEBHOOK_TOKEN');
  const user = settings.text('WEBHOOK_USERNAME');
  const password = settings.secret('WEBHOOK_PASSWORD');
  const given = headersOf(settings.text('WEBHOOK_HEADERS') ?? '');
  const hidden = [...Object.values(given), ...queryKeys(settings)];
  return allOf(
    { apply: (request, { learn }) => learned(request, hidden, learn) },
    headers(given),
    ...(token === undefined ? [] : [bearer(token)]),
    ...(user === undefined ? [] : [basicAuth(user, password ?? new Secret(''))]),
  );
}

function learned(request: ApiRequest, hidden: readonly string[], learn: (secret: string) => void): ApiRequest {
  for (const secret of hidden) learn(secret);
  return request;
}

/** What stands in a query without a placeholder and is long enough to be a key. */
function queryKeys(settings: ProviderSettings): readonly string[] {
  const urls = ['WEBHOOK_ADD_URL', 'WEBHOOK_REMOVE_URL'].map((name) => new URL(settings.text(name)?.trim() ?? ''));
  const values = urls.flatMap((url) => [...url.searchParams.values()]);
  return values.filter((value) => value.length >= 8 && !/[{}]/.test(value));
}

function headersOf(text: string): Readonly<Record<string, string>> {
  const lines = text.split(/\r?\n|\s\|\s/).filter((line) => line.trim() !== '');
  return Object.fromEntries(lines.map(headerOf));
}

function headerOf(line: string): readonly [string, string] {
  const [, name = '', value = ''] = /^\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
  if (name !== '') return [name.toLowerCase(), value];
  throw new EversealError('usage', 'WEBHOOK_HEADERS has a line that is not `Name: value`', {
    next: 'Write one header a line, or part them by " | ".',
  });
}
