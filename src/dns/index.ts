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
export type * from './provider/catalogue-entry.ts';
export type * from './provider/provider.ts';
export { missingSettings, readSettings } from './provider/settings.ts';
