/** Makes a catalogue entry of a provider that is data. */
import type { ApiDefinition } from './api-definition.ts';
import { ApiProvider } from './api-provider.ts';
import type { ProviderEntry, ProviderVariable } from './catalogue-entry.ts';

/**
 * The entry of the definition, with the variables that all providers have: TTL, propagation, polling and HTTP timeout.
 *
 * @example
 * ```ts
 * import { bearer, defineProvider, json, path, pickList, relativeTo, rrset, soaZone } from 'everseal/dns';
 * import { Secret } from 'everseal/core';
 * const entry = defineProvider({
 *   code: 'sample',
 *   name: 'Sample DNS',
 *   url: 'https://dns.example.com',
 *   prefix: 'SAMPLE',
 *   variables: [{ name: 'SAMPLE_TOKEN', need: 'required', secret: true, doc: 'API token.' }],
 *   defaults: { ttl: 120, propagationTimeout: 60, pollingInterval: 2, httpTimeout: 30 },
 *   api: (settings) => ({
 *     base: 'https://api.example.com/v1',
 *     codec: json(),
 *     auth: bearer(settings.secret('SAMPLE_TOKEN') ?? new Secret('')),
 *     zone: soaZone(),
 *     name: relativeTo('@'),
 *     write: rrset({
 *       read: ({ zone, name }) => ({ method: 'GET', path: path`/zones/${zone.name}/${name}/TXT` }),
 *       rrset: ({ data }) => ({ values: pickList(data, 'values').map(String) }),
 *       write: ({ zone, name, values, ttl }) => ({ method: 'PUT', path: path`/zones/${zone.name}/${name}/TXT`, body: { values, ttl } }),
 *     }),
 *   }),
 * });
 * console.log(entry.variables.map(({ name }) => name)); // SAMPLE_TOKEN, SAMPLE_TTL, …
 * ```
 */
export function defineProvider(definition: ApiDefinition): ProviderEntry {
  const { code, aliases, name, url, notes, retired, values = 'many' } = definition;
  return {
    code,
    ...(aliases && { aliases }),
    name,
    url,
    variables: [...definition.variables, ...usualVariables(definition)],
    ...(notes && { notes }),
    values,
    ...(retired && { retired }),
    open: async (context) => new ApiProvider(definition, context),
  };
}

function usualVariables({ prefix, prefixAliases = [], defaults }: ApiDefinition): readonly ProviderVariable[] {
  const table = [
    ['TTL', defaults.ttl, 'Seconds that resolvers may keep a record; that of a name which has TXT records stays.'],
    ['PROPAGATION_TIMEOUT', defaults.propagationTimeout, 'Seconds to wait until all servers show the records.'],
    ['POLLING_INTERVAL', defaults.pollingInterval, 'Seconds between two looks at the servers.'],
    ['HTTP_TIMEOUT', defaults.httpTimeout, 'Seconds for one request.'],
    ['SEQUENCE_INTERVAL', defaults.sequenceInterval, 'Seconds between two writes.'],
  ] as const;
  return table.flatMap(([ending, value, doc]) =>
    value === undefined
      ? []
      : [
          {
            name: `${prefix}_${ending}`,
            ...(prefixAliases.length > 0 && { aliases: prefixAliases.map((other) => `${other}_${ending}`) }),
            need: 'optional' as const,
            default: String(value),
            doc,
          },
        ],
  );
}
