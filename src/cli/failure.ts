/** What a person sees when something failed, and the exit code. */
import { type ErrorCode, EversealError, hasCode, messageOf, nextStepOf, printable } from '../core/index.ts';

export const exitCodes = { ok: 0, failure: 1, usage: 2 } as const;

/** What to do about failures of the machine and the network that say nothing of it themselves. */
const remedies: Readonly<Partial<Record<ErrorCode, string>>> = {
  aborted: 'Run it again to go on.',
  'connection-refused': 'Check that the CA is running and that --server names it.',
  'connection-reset': 'Run it again; if that does not help, look for a proxy or firewall in between.',
  'name-not-found': 'Check the host name in --server and the DNS of this machine.',
  'address-not-available': 'Listen on an address of this machine, or on all of them with :PORT.',
  tls: 'If the CA has a root of its own, name its file with LEGO_CA_CERTIFICATES; also check the clock of this machine.',
  timeout: 'Run it again; --http-timeout and --cert.timeout allow more time.',
  network: 'Check the connection of this machine and run it again.',
  'bad-reply': 'Check that --server is the directory URL of an ACME server.',
  'reply-too-large': 'Check that --server is the directory URL of an ACME server.',
  'bad-server': 'Nothing of that was used. Check --server, and tell whoever runs the CA.',
  'account-not-found': 'Check --server and --account-id.',
  'acme-problem': 'See the reason the CA gave, and run it again when that is mended.',
  'rate-limited': 'Wait until the CA allows more.',
  unsupported: 'Check what this CA offers.',
  'order-failed': 'See the reason the CA gave, and run it again when that is mended.',
  'challenge-failed': 'Check that the CA reaches this machine by the name, on port 80.',
  'disk-full': 'Free some space and run it again: what was stored before is still there.',
  'read-only-disk': 'Choose a folder on a writable disk with --path.',
  permission: 'Run it as a user who may write there, or choose another folder with --path.',
  'not-a-folder': 'Choose another folder with --path.',
  'is-a-folder': 'Move that folder away, or choose another one with --path.',
  'file-not-found': 'Check the path.',
  'file-exists': 'Move that file away.',
  busy: 'Run it again when no other program uses the file.',
  io: 'Check the disk.',
  conflict: 'Another program stored a certificate meanwhile. Run it again to see what is left to do.',
  'stale-lease': 'Another process took over. Run it again to see what is left to do.',
};

/** Where the advice of a part below, which knows no flags, is followed. */
const places: Readonly<Partial<Record<ErrorCode, string>>> = {
  tls: 'LEGO_CA_CERTIFICATES names the file of a root to trust, LEGO_CA_SERVER_NAME the name to expect.',
  'bad-server': '--server names the directory URL.',
};

/** The cause in one line, and in a second one what to do. */
export function failureText(error: unknown): string {
  const cause = `Error: ${printable(messageOf(error), 2_000)}\n`;
  const next = nextOf(error);
  return next === undefined ? cause : `${cause}       ${printable(next, 2_000)}\n`;
}

/** 2 for a command line that makes no sense, 1 for all other failures. */
export function exitCodeOf(error: unknown): number {
  return hasCode(error, 'usage') ? exitCodes.usage : exitCodes.failure;
}

/** The stack and those of its causes, for whoever debugs everseal. */
export function stackText(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return `${error.stack ?? ''}\n${error.cause === undefined ? '' : `Caused by: ${stackText(error.cause)}`}`;
}

function nextOf(error: unknown): string | undefined {
  if (error instanceof EversealError) return stepFor(error);
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'AbortError') return remedies.aborted;
  return 'This is a defect of everseal. Run it again with EVERSEAL_DEBUG=1 and report what it prints.';
}

function stepFor(error: EversealError): string {
  const own = ownNext(error);
  if (own === undefined) return remedies[error.code] ?? nextStepOf(error);
  const place = places[error.code];
  return place === undefined ? own : `${own} ${place}`;
}

/** What it says itself, or the failure of ours below it. */
function ownNext(error: unknown): string | undefined {
  return error instanceof EversealError ? (error.next ?? ownNext(error.cause)) : undefined;
}
