/** `httpreq`: a small web server of the user's writes the records. */
import type { ProviderEntry } from '../dns/index.ts';

export const entry: ProviderEntry = {
  code: 'httpreq',
  name: 'HTTP request',
  url: 'https://go-acme.github.io/lego/dns/httpreq/',
  values: 'many',
  variables: [
    {
      name: 'HTTPREQ_ENDPOINT',
      need: 'required',
      doc: 'URL of the server; /present and /cleanup are added to its path.',
    },
    {
      name: 'HTTPREQ_MODE',
      need: 'optional',
      doc: 'RAW: the server gets domain, token and key authorization, and computes the record by itself.',
    },
    { name: 'HTTPREQ_USERNAME', need: 'optional', doc: 'User name for Basic authentication.' },
    { name: 'HTTPREQ_PASSWORD', need: 'optional', secret: true, doc: 'Password for Basic authentication.' },
    {
      name: 'HTTPREQ_PARALLEL',
      need: 'optional',
      default: 'false',
      doc: 'true: the server can take several requests at once. By default they never overlap.',
    },
    { name: 'HTTPREQ_HTTP_TIMEOUT', need: 'optional', default: '30', doc: 'Seconds for one request.' },
    {
      name: 'HTTPREQ_PROPAGATION_TIMEOUT',
      need: 'optional',
      default: '60',
      doc: 'Seconds to wait until all servers show the records.',
    },
    {
      name: 'HTTPREQ_POLLING_INTERVAL',
      need: 'optional',
      default: '2',
      doc: 'Seconds between two looks at the servers.',
    },
  ],
  notes: [
    'The server gets POST ENDPOINT/present before the validation and POST ENDPOINT/cleanup after it, with the JSON body {"fqdn": "_acme-challenge.example.com.", "value": "…"}, and with HTTPREQ_MODE=RAW {"domain": "example.com", "token": "…", "keyAuth": "…"}. Any status from 200 to 299 is success; of any other the body is shown.',
    'A certificate for a name and its wildcard makes two requests with the same fqdn and different values: keep both.',
  ],
  open: async (context) => (await import('./httpreq-provider.ts')).openHttpReq(context),
};
