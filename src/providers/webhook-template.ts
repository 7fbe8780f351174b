/** Templates of the user's: texts with `{name}` and the like, each filled in as its place needs it. */
import type { ValueTarget } from '../dns/index.ts';
import { quotedTxt, relativeTo, withoutFinalDot } from '../dns/index.ts';

export type Place = 'url' | 'json' | 'form' | 'text';

const fields: Readonly<Record<string, (target: ValueTarget) => string>> = {
  name: ({ fqdn }) => withoutFinalDot(fqdn),
  fqdn: ({ fqdn }) => fqdn,
  value: ({ text }) => text,
  quoted: ({ text }) => quotedTxt(text),
  ttl: ({ ttl }) => String(ttl),
  zone: ({ zone }) => zone.name,
  relative: ({ fqdn, zone }) => relativeTo('@')(fqdn, zone.apex),
  domain: ({ fqdn, domain }) => domain ?? withoutFinalDot(fqdn).replace(/^_acme-challenge\./, ''),
};

const escapes: Readonly<Record<Place, (text: string) => string>> = {
  url: encodeURIComponent,
  json: (text) => JSON.stringify(text).slice(1, -1),
  form: encodeURIComponent,
  text: (text) => text,
};

const placeholder = /\{([a-z]+)\}/g;

export function fillIn(template: string, place: Place, target: ValueTarget): string {
  const escaped = escapes[place];
  return template.replace(placeholder, (whole, field: string) => {
    const read = Object.hasOwn(fields, field) ? fields[field] : undefined;
    return read === undefined ? whole : escaped(read(target));
  });
}

/** Whether somebody has to find the zone first. */
export function asksForZone(template: string): boolean {
  return /\{(zone|relative)\}/.test(template);
}
