import { type ErrorCode, EversealError } from './error.ts';

const nextSteps: Readonly<Record<ErrorCode, string>> = {
  usage: 'See --help.',
  'bad-identifier': 'Check the spelling.',
  'bad-key': 'Use another key.',
  'bad-certificate': 'Get the certificate again from where it came.',
  unsupported: 'Use another CA for this, or do without.',
  aborted: 'Run it again.',
  'connection-refused': 'Check that the server runs and that address and port are right.',
  'connection-reset': 'Try again later; if it stays so, look at what is between this machine and the server.',
  'name-not-found': 'Check the spelling of the host name and the DNS settings of this machine.',
  'address-not-available': 'Check the addresses of this machine.',
  tls: 'Check the clock of this machine, the trusted roots, and whether something intercepts its connections.',
  timeout: 'Try again later; if it stays so, look at what is between this machine and the server.',
  'reply-too-large': 'Check that the URL belongs to the server that you mean.',
  'bad-reply': 'Check that the URL belongs to the server that you mean, and that no proxy answers instead.',
  network: 'Check the network connection and any firewall, then try again.',
  'port-in-use': 'Stop the program that uses the port, or choose another port.',
  'dns-failed': 'Check the delegation and the name servers of the domain.',
  'dns-refused': 'Check which names and addresses the DNS server allows this, and its key.',
  'provider-failed': 'Check the credentials and what the DNS provider said, then try again.',
  'not-propagated': 'Try again with a longer propagation timeout.',
  'acme-problem': 'Mend what the CA names, or try again later.',
  'rate-limited': 'Try again later.',
  'user-action-required': 'Ask the CA what to do.',
  'account-not-found': 'Register an account first.',
  'bad-server': 'Check that the directory URL belongs to an ACME server, and that no proxy answers instead.',
  'challenge-failed': 'Mend what is named and try again.',
  'order-failed': 'Mend what is named and order again.',
  'preflight-failed': 'Mend what is named and run it again.',
  'rejected-certificate': 'The stored certificate was kept. Report this to the CA.',
  'file-not-found': 'Check the path.',
  'file-exists': 'Remove the file or choose another path.',
  permission: 'Check who owns the file and who may write to its folder.',
  'disk-full': 'Make room on the disk and run it again: nothing was half-written.',
  'read-only-disk': 'Make the disk writable or choose another path.',
  'not-a-folder': 'Check the path: a part of it is a file.',
  'is-a-folder': 'Check the path: it is a folder.',
  'folder-not-empty': 'Empty the folder or choose another path.',
  'cross-device': 'Keep both paths on one disk.',
  busy: 'Wait until no other program uses the file.',
  io: 'Check the disk, then run it again.',
  corrupt: 'Restore the file from a backup, or remove it so that it is made anew.',
  'newer-format': 'Use the later version of this program that wrote it.',
  conflict: 'Run it again: somebody else made a change in between.',
  'stale-lease': 'Run it again: another process took over.',
  'program-not-found': 'Check the path of the program.',
  'program-failed': 'Look at what the program said.',
};

/**
 * What a reader can do about a failure: what it says itself, or the failure of ours below it, or else what fits its kind.
 *
 * @example
 * ```ts
 * import { EversealError, nextStepOf } from 'everseal/core';
 * console.log(nextStepOf(new EversealError('timeout', 'No answer'))); // Try again later; …
 * ```
 */
export function nextStepOf(error: EversealError): string {
  for (let at: unknown = error; at instanceof EversealError; at = at.cause) {
    if (at.next !== undefined) return at.next;
  }
  return nextSteps[error.code];
}
