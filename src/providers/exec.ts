/** `exec`: a program of the user's writes the records. */
import type { ProviderEntry } from '../dns/index.ts';

export const entry: ProviderEntry = {
  code: 'exec',
  name: 'External program',
  url: 'https://go-acme.github.io/lego/dns/exec/',
  values: 'many',
  variables: [
    {
      name: 'EXEC_PATH',
      need: 'required',
      doc: 'The program. A path with a slash starts from the working folder (./update-dns.sh), a bare name is looked up in PATH.',
    },
    {
      name: 'EXEC_MODE',
      need: 'optional',
      doc: 'RAW: the program gets domain, token and key authorization, and computes the record by itself.',
    },
    {
      name: 'EXEC_SEPARATOR',
      need: 'optional',
      default: 'false',
      doc: 'true: puts "--" before name and value, as RAW always does, for programs that would take a leading hyphen for a flag.',
    },
    {
      name: 'EXEC_PARALLEL',
      need: 'optional',
      default: 'false',
      doc: 'true: the program is safe to run several times at once. By default its calls never overlap, in other processes neither.',
    },
    {
      name: 'EXEC_SEQUENCE_INTERVAL',
      need: 'optional',
      doc: 'Seconds to pause between two calls. Unset: none. Without a meaning where EXEC_PARALLEL is true.',
    },
    {
      name: 'EXEC_CALL_TIMEOUT',
      need: 'optional',
      default: '600',
      doc: 'Seconds after which a call is given up: the program is killed with everything it started.',
    },
    {
      name: 'EXEC_TIMEOUT_COMMAND',
      need: 'optional',
      default: 'false',
      doc: 'true: once an order the program is called with the one argument "timeout" and prints {"timeout": 60, "interval": 2} (seconds).',
    },
    {
      name: 'EXEC_PROPAGATION_TIMEOUT',
      need: 'optional',
      default: '60',
      doc: 'Seconds to wait until all servers show the records. Wins over what the program says.',
    },
    {
      name: 'EXEC_POLLING_INTERVAL',
      need: 'optional',
      default: '2',
      doc: 'Seconds between two looks at the servers. Wins over what the program says.',
    },
  ],
  notes: [
    'The program is called as PROGRAM present FQDN VALUE before the validation and as PROGRAM cleanup FQDN VALUE after it; FQDN ends with a dot. With EXEC_SEPARATOR=true it is PROGRAM present -- FQDN VALUE, and with EXEC_MODE=RAW it is PROGRAM present -- DOMAIN TOKEN KEYAUTH, where DOMAIN has no final dot. The "--" always stands right behind the verb.',
    'A certificate for a name and its wildcard calls the program twice with the same FQDN and different values: keep both.',
    'An exit code other than 0 ends the order, and the last lines of the output are shown. cleanup is called for what was presented or begun, also after a crash: it should succeed when there is nothing left to remove.',
    'The program inherits the environment and the working folder. Each line it prints is logged.',
  ],
  open: async (context) => (await import('./exec-provider.ts')).openExec(context),
};
