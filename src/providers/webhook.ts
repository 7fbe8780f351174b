/** `webhook`: any HTTP API that adds and removes records, described by templates. */
import type { ProviderEntry } from '../dns/index.ts';
import { defineProvider } from '../dns/index.ts';
import { webhookApi } from './webhook-api.ts';

export const entry: ProviderEntry = defineProvider({
  code: 'webhook',
  name: 'Webhook',
  url: 'https://developer.mozilla.org/docs/Web/HTTP',
  prefix: 'WEBHOOK',
  variables: [
    { name: 'WEBHOOK_ADD_URL', need: 'required', doc: 'Address of the request that adds a record. A template.' },
    { name: 'WEBHOOK_REMOVE_URL', need: 'required', doc: 'Address of the request that removes it. A template.' },
    { name: 'WEBHOOK_METHOD', default: 'POST', doc: 'Method of both: GET, POST, PUT, PATCH or DELETE.' },
    { name: 'WEBHOOK_REMOVE_METHOD', doc: 'Method of the removal, where it differs.' },
    {
      name: 'WEBHOOK_BODY',
      default: '{"name": "{name}", "value": "{value}", "ttl": {ttl}}',
      doc: 'Body of both; none is sent with GET, nor with DELETE unless this is set. A template.',
    },
    { name: 'WEBHOOK_REMOVE_BODY', doc: 'Body of the removal, where it differs. A template.' },
    {
      name: 'WEBHOOK_CONTENT_TYPE',
      default: 'application/json',
      doc: 'What the body is; values are escaped for JSON, for a form (application/x-www-form-urlencoded), else not at all.',
    },
    {
      name: 'WEBHOOK_HEADERS',
      secret: true,
      doc: 'Further headers, one a line or parted by " | ": `X-Api-Key: secret | X-Tenant: 7`.',
    },
    { name: 'WEBHOOK_TOKEN', secret: true, doc: 'Sent as `Authorization: Bearer …`.' },
    { name: 'WEBHOOK_USERNAME', doc: 'User name for Basic authentication.' },
    { name: 'WEBHOOK_PASSWORD', secret: true, doc: 'Password for Basic authentication.' },
    { name: 'WEBHOOK_SEQUENTIAL', default: 'false', doc: 'true: one request at a time, over all processes.' },
  ],
  notes: [
    'Placeholders of a template: {name} is the record’s name without final dot, {fqdn} with it, {value} the text, {quoted} the text as a quoted character-string, {ttl} seconds, {zone} the name of the zone, {relative} the name relative to the zone (@ at the apex), {domain} the domain that is validated. Each is escaped for the place where it stands. Braces with anything else between them stay as they are.',
    'The API must keep other values of the name: a certificate for a name and its wildcard needs two of them at once. Adding what is there must succeed or be answered with 409, removing what is not there must succeed or be answered with 404 or 410: a request is repeated when its answer was lost.',
  ],
  defaults: { ttl: 120, propagationTimeout: 120, pollingInterval: 2, httpTimeout: 30 },
  api: webhookApi,
});
