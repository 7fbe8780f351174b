/** A provider as data: everything that tells one API from another. */
import type { AfterWrite } from './after-write.ts';
import type { Codec } from './api-codec.ts';
import type { ApiReply } from './api-request.ts';
import type { Auth } from './auth.ts';
import type { ProviderEntry, ProviderSettings, ProviderVariable } from './catalogue-entry.ts';
import type { NameForm } from './record-name.ts';
import type { TtlLimits } from './ttl.ts';
import type { WriteShape } from './write-shape.ts';
import type { ApiZone, ZoneLookup } from './zone-lookup.ts';

/** Numbers that the variables `PREFIX_TTL`, `PREFIX_PROPAGATION_TIMEOUT` and so on replace; all in seconds. */
export interface ApiDefaults {
  /** undefined: the API takes no TTL, and there is no variable for it. */
  readonly ttl?: number;
  readonly propagationTimeout: number;
  readonly pollingInterval: number;
  readonly httpTimeout: number;
  /** Between two writes; only with `limits.sequential`. undefined: there is no variable for it. */
  readonly sequenceInterval?: number;
}

export interface ApiDefinition extends Pick<ProviderEntry, 'code' | 'aliases' | 'name' | 'url' | 'notes' | 'retired'> {
  /** What the names of its variables begin with. */
  readonly prefix: string;
  /** Other beginnings for the variables that the engine adds. */
  readonly prefixAliases?: readonly string[];
  /** Credentials and options; those for TTL, timing and timeout are added. */
  readonly variables: readonly ProviderVariable[];
  readonly defaults: ApiDefaults;
  readonly ttlLimits?: TtlLimits;
  /** Default `many`. */
  readonly values?: 'many' | 'one';
  /** @throws EversealError `usage` when the settings make no sense together */
  readonly api: (settings: ProviderSettings) => Api;
}

/** An API with its settings in place. Opened once, it serves one provider. */
export interface Api {
  /** What paths are added to. */
  readonly base: string;
  readonly codec: Codec;
  readonly auth: Auth;
  /** For finding zones, when that needs other credentials. */
  readonly zoneAuth?: Auth | undefined;
  readonly zone: ZoneLookup;
  readonly name: NameForm;
  /** TXT values go as quoted character-strings. Default false: bare. */
  readonly quoted?: boolean;
  /** The least TTL that this zone takes. */
  readonly zoneMinTtl?: (zone: ApiZone) => number | undefined;
  readonly write: WriteShape;
  readonly after?: AfterWrite;
  /** Whether a reply of status 2xx is a success. By default it is. */
  readonly ok?: (reply: ApiReply) => boolean;
  /** The API's message in a refusal; undefined: look in the usual places. */
  readonly errorText?: (reply: ApiReply) => string | undefined;
  readonly limits?: ApiLimits;
}

export interface ApiLimits {
  /** Requests to the API. */
  readonly perSecond?: number;
  /** How many may come at once after a pause; only with `perSecond`. Default 1. */
  readonly burst?: number;
  /** One write at a time, over all processes. */
  readonly sequential?: boolean;
  /** Names that are written at the same time. Default 4. */
  readonly atOnce?: number;
}
