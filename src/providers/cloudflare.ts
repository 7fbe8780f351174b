/** `cloudflare`: Cloudflare's API v4, with API tokens or the account's global key. */
import {
  ApiError,
  type ApiReply,
  type Auth,
  bearer,
  defineProvider,
  headers,
  json,
  missingSettings,
  numberedPages,
  path,
  pick,
  pickList,
  pickNumber,
  pickText,
  type ProviderSettings,
  recordById,
  soaZoneId,
  wholeName,
} from '../dns/index.ts';

const base = 'https://api.cloudflare.com/client/v4';
/** "Record does not exist." */
const noSuchRecord = '81044';

export const entry = defineProvider({
  code: 'cloudflare',
  name: 'Cloudflare',
  url: 'https://developers.cloudflare.com/api/',
  prefix: 'CLOUDFLARE',
  prefixAliases: ['CF'],
  variables: [
    {
      name: 'CLOUDFLARE_DNS_API_TOKEN',
      aliases: ['CF_DNS_API_TOKEN'],
      secret: true,
      doc: 'API token with the permission DNS:Edit, and Zone:Read unless there is a token for that.',
    },
    {
      name: 'CLOUDFLARE_ZONE_API_TOKEN',
      aliases: ['CF_ZONE_API_TOKEN'],
      secret: true,
      doc: 'API token with the permission Zone:Read for all zones; by default the other token.',
    },
    { name: 'CLOUDFLARE_EMAIL', aliases: ['CF_API_EMAIL'], doc: 'Account e-mail address, with the global key.' },
    {
      name: 'CLOUDFLARE_API_KEY',
      aliases: ['CF_API_KEY'],
      secret: true,
      doc: 'The global key of the account. It may do everything: a token is better.',
    },
    { name: 'CLOUDFLARE_BASE_URL', aliases: ['CF_BASE_URL'], default: base, doc: 'Address of the API.' },
  ],
  notes: [
    'Either CLOUDFLARE_DNS_API_TOKEN, or CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY; the key is used when both are there.',
    'A token that may edit one zone only cannot list zones: give it Zone:Read, or set CLOUDFLARE_ZONE_API_TOKEN as well.',
  ],
  defaults: { ttl: 120, propagationTimeout: 120, pollingInterval: 2, httpTimeout: 30 },
  ttlLimits: { min: 120, max: 86_400 },
  api: (settings) => ({
    base: settings.text('CLOUDFLARE_BASE_URL') ?? base,
    codec: json(),
    ...credentials(settings),
    ok: ({ data }) => pick(data, 'success') !== false,
    errorText,
    zone: soaZoneId({
      request: (name) => ({ method: 'GET', path: '/zones', query: { name, per_page: 50 } }),
      zone: ({ data }, name) => {
        const zone = pickList(data, 'result').find((one) => pickText(one, 'name')?.toLowerCase() === name);
        return zone === undefined ? undefined : { id: pickText(zone, 'id') };
      },
    }),
    name: wholeName,
    quoted: true,
    write: recordById({
      create: ({ zone, name, value, ttl }) => ({
        method: 'POST',
        path: path`/zones/${zone.id}/dns_records`,
        body: { name, ttl, type: 'TXT', content: value },
      }),
      id: ({ data }) => pickText(data, 'result', 'id'),
      list: ({ zone, name }, page) => ({
        method: 'GET',
        path: path`/zones/${zone.id}/dns_records`,
        query: { type: 'TXT', name, page, per_page: 100 },
      }),
      records: ({ data }) =>
        pickList(data, 'result').map((record) => ({
          id: pickText(record, 'id'),
          name: pickText(record, 'name'),
          type: pickText(record, 'type'),
          value: pickText(record, 'content'),
        })),
      pager: numberedPages(({ data }) => pickNumber(data, 'result_info', 'total_pages')),
      remove: ({ zone, id }) => ({ method: 'DELETE', path: path`/zones/${zone.id}/dns_records/${id}` }),
      isAbsent: (error) =>
        error instanceof ApiError &&
        (error.reply.status === 404 || pickText(error.reply.data, 'errors', 0, 'code') === noSuchRecord),
    }),
    // 1,200 requests in five minutes for a user, also those of others.
    limits: { perSecond: 4, burst: 200 },
  }),
});

function credentials(settings: ProviderSettings): { readonly auth: Auth; readonly zoneAuth?: Auth } {
  const email = settings.text('CLOUDFLARE_EMAIL');
  const key = settings.secret('CLOUDFLARE_API_KEY');
  if (email !== undefined && key !== undefined) return { auth: headers({ 'x-auth-email': email, 'x-auth-key': key }) };
  const token = settings.secret('CLOUDFLARE_DNS_API_TOKEN');
  if (token === undefined) throw missingSettings('cloudflare', ['CLOUDFLARE_DNS_API_TOKEN']);
  const zoneToken = settings.secret('CLOUDFLARE_ZONE_API_TOKEN');
  return { auth: bearer(token), ...(zoneToken !== undefined && { zoneAuth: bearer(zoneToken) }) };
}

/** Each error with its number and what led to it. */
function errorText({ data }: ApiReply): string | undefined {
  const texts = pickList(data, 'errors').flatMap((error) => [error, ...pickList(error, 'error_chain')].map(errorLine));
  return texts.length === 0 ? undefined : texts.join('; ');
}

function errorLine(error: unknown): string {
  return `${pickText(error, 'code') ?? '?'}: ${pickText(error, 'message') ?? 'no message'}`;
}
