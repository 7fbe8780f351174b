import { EversealError, printable, nearest } from '../../core/index.ts';

/** lego's short codes for CAs, with the URLs of their directories. */
const directories: Readonly<Record<string, string>> = {
  actalis: 'https://acme-api.actalis.com/acme/directory',
  digicert: 'https://one.digicert.com/mpki/api/v1/acme/v2/directory',
  freessl: 'https://acmepro.freessl.cn/v2/DV',
  globalsign: 'https://emea.acme.atlas.globalsign.com/directory',
  googletrust: 'https://dv.acme-v02.api.pki.goog/directory',
  'googletrust-staging': 'https://dv.acme-v02.test-api.pki.goog/directory',
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
  litessl: 'https://acme.litessl.com/acme/v2/directory',
  peeringhub: 'https://stica.peeringhub.io/acme',
  sslcomecc: 'https://acme.ssl.com/sslcom-dv-ecc',
  sslcomrsa: 'https://acme.ssl.com/sslcom-dv-rsa',
  sectigo: 'https://acme.sectigo.com/v2/DV',
  sectigoev: 'https://acme.sectigo.com/v2/EV',
  sectigoov: 'https://acme.sectigo.com/v2/OV',
  zerossl: 'https://acme.zerossl.com/v2/DV90',
};

export const caCodes: readonly string[] = Object.keys(directories);

/**
 * The directory that `--server` names: a short code in any case, or an HTTPS URL.
 *
 * @throws EversealError `usage` for anything else
 */
export function resolveServer(text: string): string {
  const code = text.toLowerCase();
  const known = Object.hasOwn(directories, code) ? directories[code] : undefined;
  if (known !== undefined) return known;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:') return text;
  const shown = printable(text, 120);
  if (url?.protocol === 'http:') {
    throw new EversealError('usage', `The server ${shown} would be spoken to without encryption`, {
      next: 'ACME works over HTTPS only: give an https:// URL.',
    });
  }
  const guess = nearest(text, caCodes);
  throw new EversealError('usage', `The server "${shown}" is neither a URL nor a known short code`, {
    next: guess === undefined ? 'Give the https:// URL of the directory of the CA.' : `Did you mean ${guess}?`,
  });
}
