/** One question to one server. */
import { EversealError, type ErrorCode, hasCode, type Ports, printable, type SocketAddress } from '../core/index.ts';
import { decodeMessage, encodeMessage, newMessage, typeCode, typeName } from './codec/index.ts';
import type { DnsMessage, Edns, QueryType, Question } from './message.ts';
import { sameName } from './name.ts';
import type { DnsAnswer } from './resolver.ts';
import { formatResolverAddress } from './resolver-addresses.ts';

export interface DnsExchange {
  readonly server: SocketAddress;
  /** Absolute. */
  readonly name: string;
  readonly type: QueryType;
  readonly recursionDesired: boolean;
  /** For all attempts together, milliseconds. */
  readonly timeoutMs: number;
  readonly tcpOnly: boolean;
  readonly signal: AbortSignal;
}

type ExchangePorts = Pick<Ports, 'net' | 'clock' | 'random'>;
type Transport = 'udp' | 'tcp';

interface Attempt {
  readonly transport: Transport;
  /** Of the whole time. What earlier attempts leave over goes to the last one. */
  readonly share: number;
}

interface FailedAttempt {
  readonly transport: Transport;
  readonly error: EversealError;
}

/** A datagram may be lost once without much delay, and a firewall that lets no datagram through leaves time for TCP. */
const attempts: readonly Attempt[] = [
  { transport: 'udp', share: 0.15 },
  { transport: 'udp', share: 0.25 },
  { transport: 'tcp', share: 1 },
];
const tcpAlone = attempts.filter(({ transport }) => transport === 'tcp');

/** Fits into every path's packets without fragments (DNS flag day 2020). */
const edns: Edns = { udpSize: 1232, dnssecOk: false, options: [] };

/** The answer, whatever its rcode: by UDP, then by TCP when it was truncated or did not come. */
export async function exchangeQuestion(ports: ExchangePorts, exchange: DnsExchange): Promise<DnsAnswer> {
  const end = ports.clock.monotonic() + exchange.timeoutMs;
  const failed: FailedAttempt[] = [];
  let udpIsOver = false;
  for (const { transport, share } of exchange.tcpOnly ? tcpAlone : attempts) {
    if (udpIsOver && transport === 'udp') continue;
    const timeoutMs = Math.min(exchange.timeoutMs * share, end - ports.clock.monotonic());
    if (timeoutMs <= 0) break;
    try {
      const reply = await ask(ports, exchange, transport, timeoutMs);
      if (!reply.truncated || transport === 'tcp') return answerOf(exchange.server, reply);
      udpIsOver = true;
    } catch (error) {
      exchange.signal.throwIfAborted();
      if (!(error instanceof EversealError)) throw error;
      failed.push({ transport, error });
      udpIsOver = !hasCode(error, 'timeout', 'bad-reply');
    }
  }
  throw exchangeFailure(exchange, failed);
}

/** RFC 6891 §7: a server that has never heard of EDNS says FORMERR (or NOTIMP), and is asked without. */
async function ask(
  ports: ExchangePorts,
  exchange: DnsExchange,
  transport: Transport,
  timeoutMs: number,
): Promise<DnsMessage> {
  const end = ports.clock.monotonic() + timeoutMs;
  const reply = await askOnce(ports, exchange, { transport, timeoutMs, edns });
  if (reply.rcode !== 'FORMERR' && reply.rcode !== 'NOTIMP') return reply;
  const left = Math.max(1, end - ports.clock.monotonic());
  return askOnce(ports, exchange, { transport, timeoutMs: left, edns: undefined });
}

async function askOnce(
  { net, random }: ExchangePorts,
  { server, name, type, recursionDesired, signal }: DnsExchange,
  how: { readonly transport: Transport; readonly timeoutMs: number; readonly edns: Edns | undefined },
): Promise<DnsMessage> {
  const [high = 0, low = 0] = random.bytes(2);
  const question: Question = { name, type, class: 'IN' };
  const query = newMessage({ id: (high << 8) | low, recursionDesired, questions: [question], edns: how.edns });
  const { transport, timeoutMs } = how;
  const message = encodeMessage(query);
  const reply = decodeMessage(await net.exchangeDns({ address: server, transport, message, timeoutMs, signal }));
  const doubt = doubtAbout(reply, query, question);
  if (doubt !== undefined) throw new EversealError('bad-reply', doubt);
  return reply;
}

/** RFC 5452 §9.1. A server that could not read the question cannot repeat it. */
function doubtAbout(reply: DnsMessage, query: DnsMessage, question: Question): string | undefined {
  if (reply.id !== query.id) return 'the reply has another id';
  if (!reply.response || reply.opcode !== 'QUERY') return 'what came is no reply to a query';
  const [echo, ...others] = reply.questions;
  if (echo === undefined) return reply.rcode === 'NOERROR' || reply.rcode === 'NXDOMAIN' ? noEcho : undefined;
  const same =
    typeCode(echo.type) === typeCode(question.type) &&
    echo.class === question.class &&
    sameName(echo.name, question.name);
  return same && others.length === 0 ? undefined : 'the reply is to another question';
}

const noEcho = 'the reply does not repeat the question';

function answerOf(server: SocketAddress, reply: DnsMessage): DnsAnswer {
  const { rcode, authoritative, answers, authorities, additionals } = reply;
  return { server, rcode, authoritative, answers, authorities, additionals };
}

const advice: Partial<Record<ErrorCode, string>> = {
  'bad-reply': 'Check that a DNS server listens there, and that nothing in between changes its answers.',
  timeout: 'Check that the server runs, and that no firewall stops port 53 (UDP and TCP).',
};

function exchangeFailure(exchange: DnsExchange, failed: readonly FailedAttempt[]): EversealError {
  const [first] = failed;
  const code = first?.error.code ?? 'timeout';
  const reasons = failed.map(({ transport, error }) => `${transport.toUpperCase()}: ${reasonOf(error)}`);
  const asked = `${formatResolverAddress(exchange.server)} for ${questionText(exchange.name, exchange.type)}`;
  const because = [...new Set(reasons)].join(', ');
  const next = advice[code] ?? first?.error.next;
  const outcome = code === 'timeout' ? `No answer within ${exchange.timeoutMs / 1000} s` : 'No usable answer';
  return new EversealError(code, `${outcome} from ${asked}${because === '' ? '' : ` (${because})`}`, {
    cause: first?.error,
    ...(next === undefined ? {} : { next }),
  });
}

function reasonOf(error: EversealError): string {
  return error.code === 'timeout' ? 'silent' : printable(error.message, 200);
}

/** `www.example.com. TXT` */
export function questionText(name: string, type: QueryType): string {
  return `${printable(name, 300)} ${typeof type === 'number' ? typeName(type) : type}`;
}
