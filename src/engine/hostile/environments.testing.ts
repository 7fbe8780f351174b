import type { ErrorCode } from '../../core/index.ts';
import type { Town } from '../../../sim/town.ts';
import type { HostileRow, HostileTable, Resource, Setting, Tamper } from './row.testing.ts';

const year = 365 * 86_400_000;

/** A disk that fails during the hostile run only. */
function failing(fault: (town: Town) => () => unknown): Setting {
  let lift: () => unknown = () => undefined;
  return {
    before: (town) => {
      lift = fault(town);
    },
    after: () => void lift(),
  };
}

const jumped = (ms: number): Setting => ({
  before: (town) => town.web.jumpClock(ms),
  after: (town) => town.web.jumpClock(-ms),
});

/** The clock jumps when the reply of the resource is on its way. */
function jumpsAt(resource: Resource, ms: number): Pick<HostileRow, 'server' | 'setting'> {
  const server: Tamper = async (seen) => {
    if (seen.resource !== resource || seen.nth > 1) return undefined;
    const genuine = await seen.honest();
    seen.town.web.jumpClock(ms);
    return genuine;
  };
  return { server, setting: { after: (town) => town.web.jumpClock(-ms) } };
}

const faults: readonly (readonly [string, ErrorCode])[] = [
  ['permission denied (EACCES)', 'permission'],
  ['input/output errors (EIO)', 'io'],
];

const crt = '/data/certificates/www.example.crt';

export const environments: HostileTable = {
  area: 'environment',
  rows: [
    {
      input: 'the disk is full',
      expect: 'disk-full',
      setting: failing((town) => town.web.disk.faults.fill()),
      requests: 10,
    },
    {
      input: 'the disk is read-only',
      expect: 'read-only-disk',
      setting: failing((town) => town.web.disk.faults.makeReadOnly()),
      requests: 10,
    },
    ...faults.map(
      ([input, code]): HostileRow => ({
        input,
        expect: code,
        setting: failing((town) => town.web.disk.faults.add({ code })),
        requests: 10,
      }),
    ),
    {
      input: 'the folder of the certificates only is not writable',
      expect: 'permission',
      setting: failing(({ web: { disk } }) => {
        const lifts = [
          disk.faults.add({ code: 'permission', path: /^\/data\/certificates/ }),
          // Into that folder, wherever the file was staged.
          disk.faults.add({ code: 'permission', operations: ['rename'], path: /www\.example\.(crt|key|issuer|json)/ }),
        ];
        return () => lifts.map((lift) => lift());
      }),
    },
    {
      input: 'the disk is full when the new certificate is staged',
      expect: 'disk-full',
      setting: failing((town) =>
        town.web.disk.faults.add({ code: 'disk-full', operations: ['write'], path: /www\.example/ }),
      ),
    },
    {
      input: 'the certificate is a link to another folder',
      expect: 'issued',
      setting: {
        before: ({ web: { disk } }) => {
          disk.createFolder('/elsewhere', 0o755);
          disk.rename(crt, '/elsewhere/www.crt');
          disk.symlink('/elsewhere/www.crt', crt);
        },
      },
      check: ({ web: { disk } }) => {
        if (disk.lstat(crt)?.kind !== 'link') throw new Error('the link was replaced');
      },
    },
    {
      input: 'the clock is a year ahead',
      expect: 'rejected-certificate',
      reason: 'what is issued has expired by this clock',
      setting: jumped(2 * year),
    },
    {
      input: 'the clock is a year behind',
      expect: 'tls',
      reason: 'the CA’s own certificate is not valid yet',
      setting: jumped(-year),
    },
    {
      input: 'the clock jumps ahead by a year after newOrder',
      expect: 'rejected-certificate',
      ...jumpsAt('newOrder', 2 * year),
    },
    { input: 'the clock jumps back by a year after newOrder', expect: 'tls', ...jumpsAt('newOrder', -year) },
    {
      input: 'the clock jumps ahead by a year while the certificate comes',
      expect: 'rejected-certificate',
      reason: 'by this clock it has expired',
      ...jumpsAt('certificate', 2 * year),
    },
    {
      input: 'the clock jumps back by a year while the certificate comes',
      expect: 'rejected-certificate',
      reason: 'by this clock it is not valid yet',
      ...jumpsAt('certificate', -year),
    },
    {
      input: 'the clock is an hour behind',
      expect: 'issued',
      reason: 'CAs backdate by as much',
      setting: jumped(-3_600_000),
    },
  ],
};
