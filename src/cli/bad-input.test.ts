import { describe, expect, it } from 'vitest';
import { expectFailure } from './failure.testing.ts';
import { type RunOptions, SimulatedCli } from './simulated-cli.testing.ts';

interface BadInput {
  readonly what: string;
  readonly flags?: string;
  readonly options?: RunOptions;
  /** Before the command; a certificate and an account are stored already. */
  readonly arrange?: (cli: SimulatedCli) => void | Promise<void>;
  readonly code?: number;
  readonly message: RegExp;
  readonly next: RegExp;
}

const certificate = '/srv/.lego/certificates/www.site.test';
const account = '/srv/.lego/accounts/ca.test/me@site.test';
const write = (cli: SimulatedCli, path: string, text: string) =>
  cli.disk.write(path, new TextEncoder().encode(text), { mode: 0o600 });

const table: readonly BadInput[] = [
  {
    what: 'an unknown flag',
    flags: '-a --htpp.address :80',
    code: 2,
    message: /^Error: There is no flag --htpp\.address$/,
    next: /Did you mean --http\.address\?/,
  },
  {
    what: 'a value that is none',
    flags: '-a --renew-days soon',
    code: 2,
    message: /^Error: In flag --renew-days, "soon" is not a whole number$/,
    next: /Give a whole number\./,
  },
  {
    what: 'a stored key that every user can read, when that is to be refused',
    flags: '-a --refuse-open-keys',
    arrange: (cli) => cli.disk.chmod(`${certificate}.key`, 0o644),
    message: /^Error: The private key .*www\.site\.test\.key can be read by every user of this machine$/,
    next: /chmod o= /,
  },
  {
    what: 'a name that no certificate can hold',
    flags: '-a -d under_score.site.test',
    message: /^Error: 'under_score\.site\.test' cannot stand in a certificate/,
    next: /hyphen/,
  },
  {
    what: 'a server that nobody can reach',
    flags: '-a --renew-force -s https://nowhere.test/directory',
    message: /nowhere\.test/,
    next: /./,
  },
  {
    what: 'a server that refuses connections',
    flags: '-a --renew-force -s https://ca.test:444/directory',
    message: /ca\.test:444/,
    next: /./,
  },
  {
    what: 'a server that has no directory there',
    flags: '-a --renew-force -s https://ca.test/nowhere',
    message: /ACME directory at https:\/\/ca\.test\/nowhere/,
    next: /Check that the directory URL .* --server/,
  },
  {
    what: 'the wrong root',
    options: { environment: { LEGO_CA_CERTIFICATES: '' } },
    flags: '-a --renew-force',
    message: /certificate/,
    next: /root certificate as a trusted root\. LEGO_CA_CERTIFICATES/,
  },
  {
    what: 'a root file that is missing',
    options: { environment: { LEGO_CA_CERTIFICATES: '/srv/gone.pem' } },
    code: 2,
    message: /^Error: LEGO_CA_CERTIFICATES names \/srv\/gone\.pem, which cannot be used/,
    next: /readable file/,
  },
  {
    what: 'a name that the CA refuses',
    flags: '-a -d www.refused.test',
    message: /www\.refused\.test/,
    next: /./,
  },
  {
    what: 'a name that leads elsewhere',
    flags: '-a -d gone.site.test',
    message: /gone\.site\.test/,
    next: /./,
  },
  {
    what: 'a port in use',
    flags: '-a --renew-force',
    arrange: ({ world, machine }) => {
      world.boot({
        machine,
        name: 'web server',
        main: async ({ net }) => {
          await net.serveHttp({ address: { host: '', port: 80 }, handler: async () => new Response('hello') });
          await new Promise<void>(() => undefined);
        },
      });
    },
    message: /^Error: Cannot answer http-01 challenges: port 80 is taken by another program$/,
    next: /--http\.address/,
  },
  {
    what: 'a path below a file',
    flags: '-a --path /srv/root.pem/certs',
    message: /\/srv\/root\.pem/,
    next: /./,
  },
  {
    what: 'a corrupt account file',
    flags: '-a --renew-force',
    arrange: (cli) => write(cli, `${account}/account.json`, '{"id": "me@si'),
    message: /account\.json/,
    next: /./,
  },
  {
    what: 'a corrupt account key',
    flags: '-a --renew-force',
    arrange: (cli) =>
      write(cli, `${account}/me@site.test.key`, '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'),
    message: /me@site\.test\.key/,
    next: /./,
  },
  {
    what: 'a corrupt certificate',
    arrange: (cli) => write(cli, `${certificate}.crt`, 'no certificate'),
    message: /www\.site\.test\.crt/,
    next: /./,
  },
  {
    what: 'corrupt metadata of a certificate',
    arrange: (cli) => write(cli, `${certificate}.json`, '\u0000'),
    message: /www\.site\.test\.json/,
    next: /./,
  },
  {
    what: 'a full disk',
    flags: '-a --renew-force',
    arrange: (cli) => void cli.disk.faults.fill(),
    message: /no space left/,
    next: /./,
  },
  {
    what: 'a disk that is read-only',
    flags: '-a --renew-force',
    arrange: (cli) => void cli.disk.faults.makeReadOnly(),
    message: /read-only/,
    next: /./,
  },
];

describe('bad input', () => {
  it.each(table)(
    '$what: one line of cause, what to do, nothing lost',
    async ({ flags = '-a', options, arrange, code = 1, message, next }) => {
      const cli = new SimulatedCli();
      await cli.startCa({ refusedNames: ['refused.test'] });
      expect(await cli.obtain()).toMatchObject({ code: 0 });
      await arrange?.(cli);
      const before = snapshot(cli);
      const outcome = await cli.obtain(flags, options);
      expectFailure(outcome, { code, message, next });
      expect(snapshot(cli)).toEqual(before);
    },
  );
});

/** Everything that lego sees: nothing may change, nothing be left over. */
function snapshot({ disk }: SimulatedCli): ReadonlyMap<string, string> {
  const seen = disk.tree('/srv').filter((path) => !path.includes('/.everseal') && disk.stat(path)?.kind === 'file');
  return new Map(seen.map((path) => [path, disk.readText(path)]));
}
