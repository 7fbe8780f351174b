import type { Town } from '../../../sim/town.ts';
import type { HostileRow, HostileTable } from './row.testing.ts';

const kib = 1024;
const mib = kib * kib;
const piece = new Uint8Array(64 * kib).fill(0x20);
/** The cap, what one read brings beyond it, and what a stream holds ready. */
const mostTaken = mib + 4 * piece.length;

/** Bodies that are only made as far as they are read. */
interface Flood {
  taken: number;
  readonly body: (town: Town) => ReadableStream<Uint8Array>;
}

function endless(length = Number.POSITIVE_INFINITY): Flood {
  const flood: Flood = {
    taken: 0,
    body: () =>
      new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            if (flood.taken >= length) return controller.close();
            flood.taken += piece.length;
            controller.enqueue(piece);
          },
        },
        { highWaterMark: 0 },
      ),
  };
  return flood;
}

/** One octet a second, for two minutes; then nothing comes any more. */
function drip(): Flood {
  const flood: Flood = {
    taken: 0,
    body: (town) =>
      new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            await (flood.taken > 120 ? new Promise(() => undefined) : town.world.sleep(1000));
            flood.taken += 1;
            controller.enqueue(Uint8Array.of(0x20));
          },
        },
        { highWaterMark: 0 },
      ),
  };
  return flood;
}

function broken(): Flood {
  const flood: Flood = {
    taken: 0,
    body: () =>
      new ReadableStream<Uint8Array>({
        pull(controller) {
          flood.taken += 1;
          if (flood.taken === 1) controller.enqueue(piece);
          else controller.error(new TypeError('cut off'));
        },
      }),
  };
  return flood;
}

/** Answers `times` requests to the path by the flood; the CA hears of none of them. */
function served(flood: Flood, path: RegExp, times: number): (town: Town) => void {
  return (town) => {
    const { ca } = town;
    const honest = ca.fetch.bind(ca);
    let left = times;
    ca.fetch = async (request) => {
      if (left === 0 || !path.test(new URL(request.url).pathname)) return honest(request);
      left -= 1;
      return new Response(flood.body(town), {
        headers: { 'content-type': 'application/json', 'replay-nonce': 'AAAA' },
      });
    };
  };
}

const places: readonly (readonly [string, RegExp])[] = [
  ['the directory', /^\/directory/],
  ['newOrder', /^\/new-order/],
  ['an authorization', /^\/authorization/],
  ['an order', /^\/order\/[^/]+$/],
  ['the certificate', /^\/certificate/],
];

const row = (
  input: string,
  flood: Flood,
  path: RegExp,
  more: Pick<HostileRow, 'expect'> & { readonly most: number; readonly times: number },
): HostileRow => ({
  input,
  expect: more.expect,
  setting: { before: served(flood, path, more.times) },
  check: () => {
    if (flood.taken === 0 || flood.taken > more.most) throw new Error(`${flood.taken} octets were taken`);
  },
});

/** What is read of a body is counted: never more than the cap and one piece. */
export const bodies: HostileTable = {
  area: 'bodies',
  rows: [
    ...places.map(([place, path]) =>
      row(`a body without end from ${place}`, endless(), path, {
        expect: 'reply-too-large',
        most: mostTaken,
        times: 1,
      }),
    ),
    row('a body of 100 MB', endless(100 * mib), /^\/new-order/, {
      expect: 'reply-too-large',
      most: mostTaken,
      times: 1,
    }),
    row('a body without end for the renewal of a nonce', endless(), /^\/challenge/, {
      expect: 'reply-too-large',
      most: mostTaken,
      times: 1,
    }),
    row('one octet a second, once', drip(), /^\/new-order/, { expect: 'issued', most: 200, times: 1 }),
    row('one octet a second, always', drip(), /^\/new-order/, { expect: 'timeout', most: 200, times: 2 }),
    row('a connection that is reset in the middle of a body, once', broken(), /^\/order/, {
      expect: 'issued',
      most: 2,
      times: 1,
    }),
  ],
};
