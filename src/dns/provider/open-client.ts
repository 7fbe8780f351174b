/** The client of an opened provider, with what the environment says about showing its traffic. */
import { EversealError } from '../../core/index.ts';
import { ApiClient } from './api-client.ts';
import type { Api, ApiDefinition } from './api-definition.ts';
import type { ProviderContext } from './catalogue-entry.ts';
import { Redaction } from './redaction.ts';
import { noTrafficLog, trafficLog } from './traffic-log.ts';

export function openClient(definition: ApiDefinition, api: Api, context: ProviderContext): ApiClient {
  const { ports, settings, environment, events } = context;
  const { prefix, defaults, variables } = definition;
  const secrets = variables.flatMap(({ name, secret }) => (secret === true ? (settings.secret(name) ?? []) : []));
  const redaction = new Redaction(secrets);
  const showsTraffic = isOn(environment.LEGO_DEBUG_DNS_API_HTTP_CLIENT);
  if (showsTraffic)
    events({
      type: 'warning',
      message: `${definition.name}: requests and replies are shown in full. Secrets that are not known as such may be among them`,
    });
  return new ApiClient({
    ports,
    events,
    title: definition.name,
    base: baseOf(definition, api),
    codec: api.codec,
    timeoutMs: settings.milliseconds(`${prefix}_HTTP_TIMEOUT`, defaults.httpTimeout),
    pace: api.limits ?? {},
    ok: api.ok,
    errorText: api.errorText,
    redaction,
    traffic: showsTraffic ? trafficLog(ports.terminal, redaction) : noTrafficLog,
    verbose: isOn(environment.LEGO_DEBUG_CLIENT_VERBOSE_ERROR),
  });
}

/** Often the user's own. */
function baseOf({ code, prefix }: ApiDefinition, { base }: Api): string {
  const url = URL.canParse(base.trim()) ? new URL(base.trim()) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw new EversealError('usage', `${code}: the address of the API does not start with https:// or http://`, {
      next: `Look at the variables that start with ${prefix}_.`,
    });
  return base.trim().replace(/\/+$/, '');
}

function isOn(text: string | undefined): boolean {
  return text !== undefined && ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text.trim());
}
