/**
 * DNS: names, messages and their wire form, resolvers, propagation, signed updates, and the contract of DNS providers.
 *
 * @module
 */
export {
  decodeMessage,
  encodeMessage,
  newMessage,
  rcodeCode,
  rcodeOf,
  textOfTxt,
  txtStrings,
  typeCode,
  typeName,
} from './codec/index.ts';
export * from './message.ts';
export * from './name.ts';
export {
  type PropagatingRecord,
  type PropagationChecks,
  type PropagationOptions,
  waitForPropagation,
} from './propagation.ts';
export { findRecordHome, type RecordHome } from './record-home.ts';
export {
  type AskOptions,
  createResolver,
  type DnsAnswer,
  type DnsResolver,
  type NameServer,
  type ResolverOptions,
} from './resolver.ts';
export { formatResolverAddress, parseResolverAddress, publicResolvers, systemResolvers } from './resolver-addresses.ts';
export type { DnsFaults, DnsQuery } from './server/faults.ts';
export { type LineContext, parseRecordLines } from './server/record-lines.ts';
export type { RecursiveAnswer } from './server/recursor-cache.ts';
export { DnsRecursor, type DnsRecursorOptions } from './server/recursor.ts';
export type { RRset } from './server/rrset.ts';
export type { ServedZone } from './server/served-zone.ts';
export { type DnsQueryEntry, DnsServer, type DnsServerOptions, type DnsUpdateEntry } from './server/server.ts';
export type { UpdatePolicy, UpdateRequest } from './server/zone-update.ts';
export { DnsZone, type DnsZoneOptions } from './server/zone.ts';
export type { ZoneChange, ZoneContent, ZoneDraft } from './server/zone-content.ts';
export {
  refuseSignature,
  type SignOptions,
  serverTimeOf,
  signMessage,
  type TsigFault,
  type TsigKey,
  type TsigRecord,
  type TsigVerdict,
  verifyMessage,
} from './tsig.ts';
export { parseTsigAlgorithm, type TsigAlgorithm } from './tsig-algorithm.ts';
export { parseTsigKeyFile } from './tsig-key-file.ts';
export { DnsUpdater, type DnsUpdaterOptions, type TxtUpdate } from './update.ts';
export type { AfterStep, AfterWrite, Written } from './provider/after-write.ts';
export { type Codec, form, json, plainText } from './provider/api-codec.ts';
export type { Api, ApiDefaults, ApiDefinition, ApiLimits } from './provider/api-definition.ts';
export { ApiError, usualErrorText } from './provider/api-error.ts';
export {
  type ApiCall,
  type ApiFields,
  type ApiReply,
  type ApiRequest,
  path,
  type WireRequest,
} from './provider/api-request.ts';
export {
  allOf,
  type Auth,
  type AuthFields,
  type AuthTools,
  basicAuth,
  bearer,
  headers,
  inBody,
  inQuery,
  noAuth,
  scheme,
  signed,
} from './provider/auth.ts';
export { login, type LoginOptions, oauth2, type OAuth2Options, type Session } from './provider/auth-session.ts';
export { type ByValueApi, byValue, type ValuesTarget } from './provider/by-value.ts';
export type * from './provider/catalogue-entry.ts';
export { defineProvider } from './provider/define-provider.ts';
export {
  cursorPages,
  fullPages,
  numberedPages,
  onePage,
  type PagedList,
  type PageMark,
  type Pager,
} from './provider/pager.ts';
export * from './provider/pick.ts';
export type * from './provider/provider.ts';
export { type ListedRecord, recordById, type RecordByIdApi } from './provider/record-by-id.ts';
export * from './provider/record-name.ts';
export { rrset, type RrsetApi, type RrsetChange, type StoredRrset } from './provider/rrset.ts';
export { Redaction } from './provider/redaction.ts';
export { missingSettings, readSettings } from './provider/settings.ts';
export { slot, type SlotApi } from './provider/slot.ts';
export { noTrafficLog, type TrafficLog, trafficLog } from './provider/traffic-log.ts';
export type { TtlLimits } from './provider/ttl.ts';
export * from './provider/txt-text.ts';
export type { LockScope, RrsetTarget, ValueTarget, WriteSession, WriteShape } from './provider/write-shape.ts';
export {
  type ApiZone,
  askedZone,
  apiZone,
  type FoundZone,
  givenZone,
  lastLabels,
  listedZone,
  noZoneLookup,
  probedZone,
  soaZone,
  soaZoneId,
  type ZoneLookup,
} from './provider/zone-lookup.ts';
export { zoneRewrite, type ZoneRewriteApi } from './provider/zone-rewrite.ts';
