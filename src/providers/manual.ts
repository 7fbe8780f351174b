/** `manual`: the user writes the records. */
import type { ProviderEntry } from '../dns/index.ts';

export const entry: ProviderEntry = {
  code: 'manual',
  name: 'Manual',
  url: 'https://go-acme.github.io/lego/dns/manual/',
  values: 'many',
  variables: [
    {
      name: 'MANUAL_MODE',
      need: 'optional',
      doc: 'prompt: asks even when there is no terminal, and reads one line from standard input. wait: does not ask but waits MANUAL_WAIT seconds. Unset: asks on a terminal, and is an error without one.',
    },
    {
      name: 'MANUAL_WAIT',
      need: 'optional',
      default: '60',
      doc: 'Seconds that MANUAL_MODE=wait leaves for making the records.',
    },
    {
      name: 'MANUAL_TTL',
      need: 'optional',
      default: '120',
      doc: 'TTL in seconds that is proposed for the records.',
    },
    {
      name: 'MANUAL_PROPAGATION_TIMEOUT',
      need: 'optional',
      default: '60',
      doc: 'Seconds to wait until all servers show the records, counted from the Enter key.',
    },
    {
      name: 'MANUAL_POLLING_INTERVAL',
      need: 'optional',
      default: '2',
      doc: 'Seconds between two looks at the servers.',
    },
  ],
  notes: [
    'All records of an order are shown at once, as a table and as lines of a zone file, and Enter is asked for once. Afterwards the records that can be removed are listed.',
    'Everything is written to standard error.',
  ],
  open: async (context) => (await import('./manual-provider.ts')).openManual(context),
};
