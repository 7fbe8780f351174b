/** One message to one server and its reply, both signed where there is a key (RFC 8945 §5.3). */
import { type ErrorCode, EversealError, hasCode, type Ports, printable, type SocketAddress } from '../core/index.ts';
import { encodeMessage, rcodeOf } from './codec/index.ts';
import type { DnsMessage } from './message.ts';
import { formatResolverAddress } from './resolver-addresses.ts';
import { serverTimeOf, signMessage, type TsigKey, type TsigVerdict, verifyMessage } from './tsig.ts';
import { signatureRefusal } from './update-refusal.ts';

/** What every server takes in one datagram (RFC 1035 §4.2.1). */
const plainUdpSize = 512;

export interface SignedExchange {
  readonly ports: Pick<Ports, 'net' | 'clock'>;
  readonly server: SocketAddress;
  readonly key: TsigKey | undefined;
  readonly message: DnsMessage;
  /** What it is about, for errors: `the update of a.example. in example.`. */
  readonly what: string;
  /** For all attempts together, milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Sent {
  readonly data: Uint8Array;
  readonly mac: Uint8Array | undefined;
}

/**
 * The reply, whatever its rcode. By UDP when the message is short, then by TCP when the reply was truncated, was not to be
 * trusted, or did not come; twice by TCP otherwise: updates may arrive twice.
 *
 * @throws EversealError `dns-refused` when the server does not accept our signature, `dns-failed` for a reply that is not
 * authentic, or what the network failed with
 */
export async function exchangeSigned(exchange: SignedExchange): Promise<DnsMessage> {
  const { ports, message, key, timeoutMs, signal } = exchange;
  const signed = key === undefined ? undefined : signMessage(message, key, ports.clock.now());
  const sent: Sent = { data: signed?.data ?? encodeMessage(message), mac: signed?.mac };
  const end = ports.clock.monotonic() + timeoutMs;
  try {
    const transport = sent.data.length > plainUdpSize ? 'tcp' : 'udp';
    const reply = await exchangeBy(exchange, sent, transport, timeoutMs / 2);
    if (!reply.truncated || transport === 'tcp') return reply;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof EversealError) || hasCode(error, 'dns-refused', 'bad-key')) throw error;
  }
  return exchangeBy(exchange, sent, 'tcp', Math.max(1, end - ports.clock.monotonic()));
}

async function exchangeBy(
  exchange: SignedExchange,
  sent: Sent,
  transport: 'udp' | 'tcp',
  timeoutMs: number,
): Promise<DnsMessage> {
  const { ports, server, signal } = exchange;
  let data: Uint8Array;
  try {
    data = await ports.net.exchangeDns({ address: server, transport, message: sent.data, timeoutMs, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof EversealError ? unreached(exchange, transport, error) : error;
  }
  return authenticReply(exchange, sent, data);
}

function authenticReply(exchange: SignedExchange, sent: Sent, data: Uint8Array): DnsMessage {
  const { message, key, ports } = exchange;
  let verdict: TsigVerdict;
  try {
    verdict = verifyMessage(data, {
      keys: key === undefined ? [] : [key],
      now: ports.clock.now(),
      ...(sent.mac && { requestMac: sent.mac }),
    });
  } catch (error) {
    throw hasCode(error, 'bad-reply') ? notAuthentic(exchange, error.message, error) : error;
  }
  const reply = verdict.message;
  if (reply.id !== message.id) throw notAuthentic(exchange, 'its id is not that of the question');
  if (!reply.response || reply.opcode !== message.opcode) throw notAuthentic(exchange, 'it replies to something else');
  if (key !== undefined) checkSignature(exchange, key, verdict);
  return reply;
}

/** A refusal may come unsigned (RFC 8945 §5.3.2): nothing was done then, whoever says so. */
function checkSignature(exchange: SignedExchange, key: TsigKey, verdict: TsigVerdict): void {
  const { message: reply, status } = verdict;
  if (status === 'missing') {
    if (reply.rcode === 'NOERROR' || reply.rcode === 'NXDOMAIN') throw notAuthentic(exchange, 'it is not signed');
    return;
  }
  const { signature } = verdict;
  const told = rcodeOf(signature.error);
  if (told !== 'NOERROR' && (status === 'valid' || status === 'BADTIME' || signature.mac.length === 0)) {
    const serverTime = serverTimeOf(signature) ?? new Date(signature.timeSigned * 1000);
    throw signatureRefusal({ ...exchange, key, told, serverTime, now: exchange.ports.clock.now() });
  }
  if (status === 'BADTIME') {
    const serverTime = new Date(signature.timeSigned * 1000);
    throw signatureRefusal({ ...exchange, key, told: 'BADTIME', serverTime, now: exchange.ports.clock.now() });
  }
  if (status !== 'valid') throw notAuthentic(exchange, `its signature does not hold (${status})`);
}

function notAuthentic({ server, what }: SignedExchange, why: string, cause?: unknown): EversealError {
  const from = formatResolverAddress(server);
  return new EversealError('dns-failed', `The reply of ${from} to ${what} is not authentic: ${printable(why, 200)}`, {
    next: 'Check that the address is that of the primary name server, that it has this TSIG key, and that nothing between changes its replies.',
    cause,
  });
}

const advice: Partial<Record<ErrorCode, string>> = {
  timeout: 'Check that the server runs and that no firewall stops UDP and TCP to this port.',
  'connection-refused': 'Check that a DNS server listens there, by TCP too, and that address and port are right.',
};

function unreached({ server, what }: SignedExchange, transport: 'udp' | 'tcp', error: EversealError): EversealError {
  const asked = `${formatResolverAddress(server)} does not answer ${what} by ${transport.toUpperCase()}`;
  const next = advice[error.code] ?? error.next;
  const options = { cause: error, ...(next !== undefined && { next }) };
  return new EversealError(error.code, `${asked}: ${printable(error.message, 200)}`, options);
}
