/** `dnsupdate`: dynamic updates of any authoritative server (RFC 2136), signed with TSIG (RFC 8945). */
import type { ProviderEntry, ProviderVariable } from '../dns/index.ts';

/** Each variable has an older name that starts with RFC2136_. */
function variable(suffix: string, rest: Omit<ProviderVariable, 'name'>): ProviderVariable {
  return {
    need: 'optional',
    ...rest,
    name: `DNSUPDATE_${suffix}`,
    aliases: [`RFC2136_${suffix}`, ...(rest.aliases ?? [])],
  };
}

const kerberos = 'Not supported: use a TSIG key of the server instead. Setting it is an error.';

export const entry: ProviderEntry = {
  code: 'dnsupdate',
  aliases: ['rfc2136'],
  name: 'DNS Update (RFC2136)',
  url: 'https://www.rfc-editor.org/rfc/rfc2136.html',
  values: 'many',
  variables: [
    variable('NAMESERVER', {
      need: 'required',
      doc: 'The primary server of the zones: HOST, HOST:PORT or [IPV6]:PORT. Port 53 unless said otherwise.',
    }),
    variable('TSIG_FILE', {
      doc: 'Key file as tsig-keygen, dnssec-keygen or Knot write it. Wins over the three variables below.',
    }),
    variable('TSIG_KEY', {
      doc: 'Name of the key, as the server has it. Unset, or without TSIG_SECRET: updates are not signed.',
    }),
    variable('TSIG_SECRET', { doc: 'The key in base64.', secret: true }),
    variable('TSIG_ALGORITHM', {
      default: 'hmac-sha1',
      doc: 'hmac-md5, hmac-sha1, hmac-sha224, hmac-sha256, hmac-sha384 or hmac-sha512; with or without a final dot.',
    }),
    variable('ZONES', {
      doc: 'Zones that may be changed, separated by commas; a name belongs to the longest that fits. Unset: the server is asked.',
    }),
    variable('TTL', {
      default: '120',
      doc: 'TTL of new records in seconds. The TTL of a name that has TXT records stays.',
    }),
    variable('DNS_TIMEOUT', { default: '10', doc: 'Seconds to wait for an answer of the server.' }),
    variable('PROPAGATION_TIMEOUT', {
      aliases: ['DNSUPDATE_TIMEOUT', 'RFC2136_TIMEOUT'],
      default: '60',
      doc: 'Seconds to wait until all servers show the records.',
    }),
    variable('POLLING_INTERVAL', { default: '2', doc: 'Seconds between two looks at the servers.' }),
    variable('SEQUENCE_INTERVAL', {
      doc: 'Read by lego, which pauses between two names. Without effect here: all names of a zone go into one message.',
    }),
    variable('TSIG_GSS_REALM', { aliases: ['DNSUPDATE_RFC3645_REALM'], doc: kerberos }),
    variable('TSIG_GSS_USERNAME', { aliases: ['DNSUPDATE_RFC3645_USERNAME'], doc: kerberos }),
    variable('TSIG_GSS_PASSWORD', { aliases: ['DNSUPDATE_RFC3645_PASSWORD'], doc: kerberos, secret: true }),
    variable('TSIG_GSS_KEYTAB_FILE', { aliases: ['DNSUPDATE_RFC3645_KEYTAB_FILE'], doc: kerberos }),
  ],
  notes: [
    'The records of one zone go into one UPDATE message, which the server carries out as a whole or not at all. Only values of this order are added and removed; other TXT values of a name, and their TTL, stay.',
    'BIND: "update-policy { grant KEYNAME wildcard *.example.com. TXT; };" in the zone lets the key do this and nothing else. Knot: "acl" with "action: update". PowerDNS: "dnsupdate=yes" and the zone\'s ALLOW-DNSUPDATE-FROM and TSIG-ALLOW-DNSUPDATE.',
    'Clocks of client and server may be 5 minutes apart.',
  ],
  open: async (context) => (await import('./dnsupdate-provider.ts')).openDnsUpdate(context),
};
