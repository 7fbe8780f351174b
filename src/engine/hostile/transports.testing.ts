import type { ErrorCode } from '../../core/index.ts';
import type { HostileRow, HostileTable, Resource } from './row.testing.ts';
import { failure } from './tamper.testing.ts';

/** What the `http` port makes of a hostile peer; that it does so is shown on loopback in `src/node/hostile-transport.test.ts`. */
const failures: readonly (readonly [ErrorCode, string])[] = [
  ['timeout', 'no reply, or one that never ends'],
  ['connection-reset', 'the connection is cut off'],
  ['connection-refused', 'nobody listens'],
  ['tls', 'a certificate of the past or of another host'],
  ['name-not-found', 'the name is gone'],
  ['reply-too-large', 'a body beyond 1 MiB'],
  ['bad-reply', 'headers beyond 64 KiB, or no HTTP'],
  ['network', 'no route'],
];
const steps: readonly Resource[] = [
  'directory',
  'newOrder',
  'authorization',
  'challenge',
  'order',
  'finalize',
  'certificate',
];

export const transports: HostileTable = {
  area: 'transport',
  rows: [
    ...failures.flatMap(([code, what], i) => [
      ...steps
        .filter((_, k) => k % 4 === i % 4 || code === 'timeout')
        .map(
          (step): HostileRow => ({
            input: `${what}, for ever, at ${step} (${code})`,
            server: failure(step, code),
            expect: code,
          }),
        ),
    ]),
    ...(['connection-reset', 'timeout', 'network', 'bad-reply', 'connection-refused'] as const).flatMap((code) =>
      (['newOrder', 'finalize'] as const).map(
        (step): HostileRow => ({
          input: `${code} once at ${step}`,
          server: failure(step, code, { times: 1 }),
          expect: 'issued',
        }),
      ),
    ),
    ...(['newOrder', 'finalize', 'challenge', 'certificate'] as const).map(
      (step): HostileRow => ({
        input: `the reply of ${step} is lost, the work is done`,
        server: failure(step, 'connection-reset', { after: true, times: 1 }),
        expect: 'issued',
      }),
    ),
    {
      input: 'the name of the CA goes away in the middle of the order',
      server: [failure('order', 'name-not-found'), failure('finalize', 'name-not-found')],
      expect: 'name-not-found',
    },
  ],
};
