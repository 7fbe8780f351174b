/** `desec`: deSEC.io. */
import { Secret } from '../core/index.ts';
import {
  askedZone,
  defineProvider,
  json,
  path,
  pickList,
  pickNumber,
  pickText,
  relativeTo,
  type RrsetTarget,
  rrset,
  scheme,
} from '../dns/index.ts';

const base = 'https://desec.io/api/v1';

export const entry = defineProvider({
  code: 'desec',
  name: 'deSEC.io',
  url: 'https://desec.readthedocs.io/',
  prefix: 'DESEC',
  variables: [
    { name: 'DESEC_TOKEN', need: 'required', secret: true, doc: 'API token.' },
    { name: 'DESEC_BASE_URL', default: base, doc: 'Address of the API.' },
  ],
  notes: ['A TTL below the least one of the domain is raised to that.'],
  defaults: { ttl: 3600, propagationTimeout: 120, pollingInterval: 4, httpTimeout: 30 },
  api: (settings) => ({
    base: settings.text('DESEC_BASE_URL') ?? base,
    codec: json(),
    auth: scheme('Token', settings.secret('DESEC_TOKEN') ?? new Secret('')),
    zone: askedZone({
      request: (name) => ({ method: 'GET', path: '/domains/', query: { owns_qname: name } }),
      zone: ({ data }) => {
        const name = pickText(data, 0, 'name');
        return name === undefined ? undefined : { name, data: pickNumber(data, 0, 'minimum_ttl') };
      },
    }),
    zoneMinTtl: ({ data }) => (typeof data === 'number' ? data : undefined),
    name: relativeTo('@'),
    quoted: true,
    write: rrset({
      read: (target) => ({ method: 'GET', path: pathOf(target) }),
      rrset: ({ data }) => ({ values: pickList(data, 'records').map(String), ttl: pickNumber(data, 'ttl') }),
      write: ({ existed, values, ttl, ...target }) =>
        existed
          ? // Without any record the RRset goes.
            { method: 'PATCH', path: pathOf(target), body: { records: values } }
          : {
              method: 'POST',
              path: path`/domains/${target.zone.name}/rrsets/`,
              body: { subname: target.name === '@' ? '' : target.name, type: 'TXT', ttl, records: values },
            },
    }),
  }),
});

function pathOf({ zone, name }: Pick<RrsetTarget, 'zone' | 'name'>): string {
  return path`/domains/${zone.name}/rrsets/${name}/TXT/`;
}
