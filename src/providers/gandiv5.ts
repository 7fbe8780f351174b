/** `gandiv5`: Gandi's LiveDNS. */
import {
  bearer,
  defineProvider,
  json,
  missingSettings,
  path,
  pickList,
  pickNumber,
  type ProviderSettings,
  relativeTo,
  rrset,
  scheme,
  soaZone,
  type Auth,
} from '../dns/index.ts';

export const entry = defineProvider({
  code: 'gandiv5',
  name: 'Gandi Live DNS (v5)',
  url: 'https://api.gandi.net/docs/livedns/',
  prefix: 'GANDIV5',
  variables: [
    { name: 'GANDIV5_PERSONAL_ACCESS_TOKEN', secret: true, doc: 'Personal access token that may manage domain names.' },
    { name: 'GANDIV5_API_KEY', secret: true, doc: 'API key; Gandi wants personal access tokens instead.' },
    { name: 'GANDIV5_BASE_URL', default: 'https://api.gandi.net/v5/livedns', doc: 'Address of the API.' },
  ],
  defaults: { ttl: 300, propagationTimeout: 1200, pollingInterval: 20, httpTimeout: 10 },
  ttlLimits: { min: 300, max: 2_592_000 },
  api: (settings) => ({
    base: settings.text('GANDIV5_BASE_URL') ?? 'https://api.gandi.net/v5/livedns',
    codec: json(),
    auth: authOf(settings),
    zone: soaZone(),
    name: relativeTo('@'),
    write: rrset({
      read: (target) => ({ method: 'GET', path: pathOf(target) }),
      rrset: ({ data }) => ({
        values: pickList(data, 'rrset_values').map(String),
        ttl: pickNumber(data, 'rrset_ttl'),
      }),
      write: ({ values, ttl, ...target }) =>
        values.length === 0
          ? { method: 'DELETE', path: pathOf(target) }
          : { method: 'PUT', path: pathOf(target), body: { rrset_ttl: ttl, rrset_values: values } },
    }),
  }),
});

function pathOf({ zone, name }: { readonly zone: { readonly name: string }; readonly name: string }): string {
  return path`/domains/${zone.name}/records/${name}/TXT`;
}

function authOf(settings: ProviderSettings): Auth {
  const token = settings.secret('GANDIV5_PERSONAL_ACCESS_TOKEN');
  if (token !== undefined) return bearer(token);
  const key = settings.secret('GANDIV5_API_KEY');
  if (key === undefined) throw missingSettings('gandiv5', ['GANDIV5_PERSONAL_ACCESS_TOKEN']);
  return scheme('Apikey', key);
}
