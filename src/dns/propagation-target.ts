/** One address that is looked at, and what it showed. */
import { type EversealError, printable, type SocketAddress } from '../core/index.ts';
import { answerLifeMs } from './answer-cache.ts';
import { textOfTxt } from './codec/index.ts';
import type { DnsAnswer } from './resolver.ts';
import { familyOf, formatResolverAddress } from './resolver-addresses.ts';

export type Sight =
  | { readonly kind: 'shown' }
  /** It answers, but without the value. */
  | {
      readonly kind: 'missing';
      /** As the rest of a sentence that begins with the server. */
      readonly text: string;
      /** Milliseconds that it will go on saying so from memory; undefined for what an authoritative server says. */
      readonly rememberedMs: number | undefined;
    }
  /** It was reached and answers nothing that is DNS. */
  | { readonly kind: 'broken'; readonly text: string }
  | { readonly kind: 'silent'; readonly text: string }
  /** The machine knows no way there. */
  | { readonly kind: 'unreachable'; readonly text: string };

export class PropagationTarget {
  readonly server: SocketAddress;
  readonly kind: 'authoritative' | 'recursive';
  /** Name of the server that the address is one of; for a resolver its address. */
  readonly host: string;
  readonly family: 4 | 6 | undefined;
  /** Whether it ever answered, and else how it did not. */
  reach: 'unknown' | 'answers' | 'silent' | 'unreachable' = 'unknown';

  constructor(options: Pick<PropagationTarget, 'server' | 'kind' | 'host'>) {
    this.server = options.server;
    this.kind = options.kind;
    this.host = options.host;
    this.family = familyOf(options.server.host);
  }

  /** `ns1.example.com. (192.0.2.1)`, `the resolver 192.0.2.2` */
  get title(): string {
    const address = formatResolverAddress(this.server);
    return this.kind === 'recursive' ? `the resolver ${address}` : `${printable(this.host, 300)} (${address})`;
  }

  note(sight: Sight): void {
    if (sight.kind !== 'silent' && sight.kind !== 'unreachable') this.reach = 'answers';
    else if (this.reach !== 'answers') this.reach = sight.kind;
  }
}

/** What an answer shows of the value. */
export function sightOf(answer: DnsAnswer, value: string, kind: PropagationTarget['kind']): Sight {
  const values = answer.answers.flatMap((record) => (record.type === 'TXT' ? [textOfTxt(record)] : []));
  if (answer.rcode === 'NOERROR' && values.includes(value)) return { kind: 'shown' };
  const rememberedMs = answer.authoritative ? undefined : answerLifeMs(answer);
  return { kind: 'missing', text: describe(answer, values, kind), rememberedMs };
}

/** What a failed question shows. */
export function sightOfFailure(error: EversealError): Sight {
  if (error.code === 'timeout') return { kind: 'silent', text: 'does not answer' };
  if (error.code === 'network' || error.code === 'address-not-available') {
    return { kind: 'unreachable', text: 'cannot be reached from this machine' };
  }
  if (error.code === 'connection-refused') return { kind: 'broken', text: 'refuses the connection' };
  return { kind: 'broken', text: `gives no usable answer: ${printable(error.message, 200)}` };
}

function describe(answer: DnsAnswer, values: readonly string[], kind: PropagationTarget['kind']): string {
  const lame = kind === 'authoritative' && !answer.authoritative;
  if (answer.rcode === 'NXDOMAIN') return 'answers NXDOMAIN (no such name)';
  if (answer.rcode !== 'NOERROR') return `answers ${answer.rcode}${lame ? ' (it does not serve the zone: lame)' : ''}`;
  if (lame && values.length === 0) return 'answers without authority (it does not serve the zone: lame)';
  if (values.length === 0) return noText(answer);
  const shown = values.slice(0, 3).map((text) => JSON.stringify(printable(text, 80)));
  const others = values.length > shown.length ? ` and ${values.length - shown.length} more` : '';
  return `shows ${shown.join(', ')}${others} instead`;
}

/** An alias that was made a moment ago is known here before it is to the resolvers, which say where the record belongs. */
function noText({ answers }: DnsAnswer): string {
  const [alias] = answers.flatMap((record) => (record.type === 'CNAME' ? [record.target] : []));
  return alias === undefined
    ? 'has no TXT record there'
    : `has a CNAME record to ${printable(alias, 300)} there, and no TXT record behind it`;
}
