/**
 * What would make a CA refuse a name, found before it is asked.
 *
 * @module
 */
export {
  type CaaProperty,
  type CaaRefusal,
  type CaaRequest,
  type CaaVerdict,
  evaluateCaa,
  idealCaaRecord,
  type IssueValue,
  parseIssueValue,
} from './caa-policy.ts';
export type { CaFacts, HttpProbe } from './context.ts';
export { type Finding, isClear, type PreflightCheck, type Severity } from './finding.ts';
export { preflight, type PreflightName, type PreflightOptions } from './preflight.ts';
export { preflightRefusal } from './refusal.ts';
export { preflightJson, preflightText, type PreflightTextOptions } from './preflight-text.ts';
