/** `acmedns`: a server that holds nothing but challenge values (https://github.com/joohoi/acme-dns). */
import type { ProviderEntry } from '../dns/index.ts';

export const entry: ProviderEntry = {
  code: 'acmedns',
  aliases: ['acme-dns'],
  name: "Joohoi's ACME-DNS",
  url: 'https://github.com/joohoi/acme-dns',
  values: 'many',
  variables: [
    {
      name: 'ACME_DNS_API_BASE',
      need: 'required',
      doc: 'Address of the API, such as https://auth.example.org.',
    },
    {
      name: 'ACME_DNS_STORAGE_PATH',
      need: 'optional',
      doc: 'JSON file with the account of each domain; made when it is missing. A relative path starts from the working folder.',
    },
    {
      name: 'ACME_DNS_STORAGE_BASE_URL',
      need: 'optional',
      doc: 'Instead of the file: a server that keeps the accounts (GET and POST of BASE/DOMAIN). 201 to a POST says that it made the CNAME record as well.',
    },
    {
      name: 'ACME_DNS_ALLOWLIST',
      need: 'optional',
      doc: 'Networks in CIDR notation, separated by commas, that may use the accounts registered from now on.',
    },
    {
      name: 'ACME_DNS_HTTP_TIMEOUT',
      need: 'optional',
      default: '30',
      doc: 'Seconds for one request.',
    },
    {
      name: 'ACME_DNS_PROPAGATION_TIMEOUT',
      need: 'optional',
      default: '60',
      doc: 'Seconds to wait until all servers show the records.',
    },
    {
      name: 'ACME_DNS_POLLING_INTERVAL',
      need: 'optional',
      default: '2',
      doc: 'Seconds between two looks at the servers.',
    },
  ],
  notes: [
    'Each domain has an account of its own. For a domain without one an account is registered and stored, and the run ends with the CNAME record that has to be made once by hand, such as _acme-challenge.example.com. CNAME 8e5700ea-a4bf-41c7-8a77-e990661dcc6a.auth.example.org. From then on everything works by itself.',
    'An account holds two values, the older of which goes when a third comes: enough for a name and its wildcard, and for one order at a time. Two domains should not share an account.',
    'Nothing is removed afterwards: the API has no call for it, and the next values take the place of these.',
    'Accounts in the storage file of lego, and in that of other clients of the same form, are used as they are.',
  ],
  open: async (context) => (await import('./acmedns-provider.ts')).openAcmeDns(context),
};
