/** What it means when a server does not make an update, and what to do about it. */
import { EversealError, type SocketAddress } from '../core/index.ts';
import type { Rcode } from './message.ts';
import { formatResolverAddress } from './resolver-addresses.ts';
import type { TsigKey } from './tsig.ts';

export interface RefusedUpdate {
  readonly server: SocketAddress;
  readonly what: string;
  readonly zone: string;
  readonly rcode: Rcode;
  readonly key: TsigKey | undefined;
}

interface Meaning {
  readonly code: 'dns-refused' | 'dns-failed';
  readonly why: (refused: RefusedUpdate) => string;
  readonly next: (refused: RefusedUpdate) => string;
}

/** RFC 2136 §2.2. */
const meanings: Partial<Record<Rcode, Meaning>> = {
  REFUSED: {
    code: 'dns-refused',
    why: ({ key }) => (key === undefined ? 'it allows no unsigned update from here' : `${keyText(key)} may not do it`),
    next: ({ zone, key }) =>
      `Allow ${key === undefined ? 'this address, or better a TSIG key,' : `the key ${key.name}`} to update TXT records in ${zone} (BIND: update-policy or allow-update; Knot: acl with action update; PowerDNS: dnsupdate=yes with TSIG-ALLOW-DNSUPDATE and ALLOW-DNSUPDATE-FROM).`,
  },
  NOTAUTH: {
    code: 'dns-refused',
    // Knot says so to an update without the signature that it wants.
    why: ({ zone, key }) =>
      `it is not the primary server of ${zone}, or ${key === undefined ? 'wants updates signed' : 'does not accept the signature'}`,
    next: ({ zone, key }) =>
      `Send updates to the primary server of ${zone}${key === undefined ? ', with a TSIG key if it wants one' : ''}, and check which zone the name is in.`,
  },
  NOTZONE: {
    code: 'dns-refused',
    why: ({ zone }) => `a name is not within ${zone} there`,
    next: () => 'Check which zone the name is in: a part of it may be delegated to a zone of its own.',
  },
  NOTIMP: {
    code: 'dns-refused',
    why: () => 'it takes no dynamic updates',
    next: () => 'Use a server that takes dynamic updates (RFC 2136), or switch them on.',
  },
  SERVFAIL: {
    code: 'dns-failed',
    why: () => 'it failed',
    next: () => "Look into the server's log: often it cannot write the zone's file or journal, or its backend is down.",
  },
  FORMERR: {
    code: 'dns-failed',
    why: () => 'it did not understand the message',
    next: () => 'Check that the server takes dynamic updates (RFC 2136) and TSIG.',
  },
};

const anyOther: Meaning = {
  code: 'dns-failed',
  why: () => 'it did not say why',
  next: () => "Look into the server's log.",
};

/** The failure that an rcode stands for. */
export function updateRefusal(refused: RefusedUpdate): EversealError {
  const { code, why, next } = meanings[refused.rcode] ?? anyOther;
  const server = formatResolverAddress(refused.server);
  const message = `${server} answers ${refused.rcode} to ${refused.what}: ${why(refused)}`;
  return new EversealError(code, message, { next: next(refused) });
}

export interface RefusedSignature {
  readonly server: SocketAddress;
  readonly what: string;
  readonly key: TsigKey;
  /** What the server says of the signature (RFC 8945 §3). */
  readonly told: Rcode;
  readonly serverTime: Date;
  readonly now: Date;
}

const signatureMeanings: Partial<Record<Rcode, (refused: RefusedSignature) => readonly [why: string, next: string]>> = {
  // Knot says so of a key that it knows, but that no acl of the zone names.
  BADKEY: ({ key }) => [
    `it does not know ${keyText(key)}, or not for this zone`,
    'Check name and algorithm of the key, that the server has it, and that the zone is open to it (Knot: acl).',
  ],
  BADSIG: ({ key }) => [
    `the secret of ${keyText(key)} is not the server's`,
    "Copy the secret from the server's settings or key file once more.",
  ],
  BADTIME: ({ serverTime, now }) => [
    `the clocks are ${Math.round(Math.abs(serverTime.getTime() - now.getTime()) / 1000)} s apart (server ${isoTime(serverTime)}, here ${isoTime(now)})`,
    'Set the clock of the machine that is wrong, and keep it right by NTP.',
  ],
  BADTRUNC: ({ key }) => [
    `it wants a longer MAC than ${keyText(key)} gives`,
    'Allow the full MAC of the algorithm in the settings of the server.',
  ],
};

export function signatureRefusal(refused: RefusedSignature): EversealError {
  const { told, what, key } = refused;
  const [why, next] = signatureMeanings[told]?.(refused) ?? [
    `it does not accept ${keyText(key)}`,
    "Look into the server's log.",
  ];
  const server = formatResolverAddress(refused.server);
  return new EversealError('dns-refused', `${server} answers ${told} to ${what}: ${why}`, { next });
}

function keyText({ name, algorithm }: TsigKey): string {
  return `the TSIG key ${name} (${algorithm})`;
}

function isoTime(time: Date): string {
  return Number.isNaN(time.getTime()) ? 'unknown' : time.toISOString();
}
