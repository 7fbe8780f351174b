import { describe, expect, it } from 'vitest';
import { nodePorts } from '../node/index.ts';
import { dispatch } from './dispatch.ts';

/** Starts the command on this machine with `root.pem` in memory, and asks `whenReady` for what it wants of the CA. */
async function caStart(
  words: readonly string[],
  whenReady: (printed: string, files: ReadonlyMap<string, string>) => Promise<void>,
) {
  const real = nodePorts();
  const files = new Map<string, string>();
  const abort = new AbortController();
  const said = { stderr: '' };
  let failure: unknown;
  const code = await dispatch({
    words: ['ca', 'start', ...words],
    environment: {},
    workingFolder: '/srv',
    signal: abort.signal,
    print: (text) => {
      void whenReady(text, files)
        .catch((error: unknown) => {
          failure = error;
        })
        .finally(() => abort.abort());
    },
    printError: (text) => {
      said.stderr += text;
    },
    versionLine: '',
    ports: async () => ({
      ...real,
      fs: {
        ...real.fs,
        write: async (path, data) => void files.set(path, Buffer.from(data).toString()),
        sync: async () => undefined,
        rename: async (from, to) => void files.set(to, files.get(from) ?? ''),
        remove: async (path) => void files.delete(path),
      },
    }),
  });
  if (failure !== undefined) throw failure;
  return { code, ...said };
}

describe('everseal ca start', () => {
  it('serves until it is interrupted, with the root in a file', async () => {
    const { http } = nodePorts();
    let directory = '';
    const { code } = await caStart(['--address', '127.0.0.1:0', '--json'], async (printed, files) => {
      const ready: unknown = JSON.parse(printed);
      expect(ready).toMatchObject({ rootFile: '/srv/everseal-ca.pem', httpPort: 5002, tlsPort: 5001 });
      directory = /https:[^"]+/.exec(printed)?.[0] ?? '';
      const roots = [files.get('/srv/everseal-ca.pem') ?? ''];
      expect((await http.request({ method: 'GET', url: directory, tls: { roots } })).status).toBe(200);
    });
    expect(code).toBe(0);
    await expect(http.request({ method: 'GET', url: directory })).rejects.toMatchObject({ code: 'connection-refused' });
  });

  it('says how to use it', async () => {
    await caStart(['--address', '127.0.0.1:0', '--http-port', '5999', '--root-file', 'r.pem'], async (printed) => {
      expect(printed).toMatch(
        /LEGO_CA_CERTIFICATES=\/srv\/r\.pem lego run .* --http\.address :5999 -s https:\/\/127\.0\.0\.1:\d+\/directory\n/,
      );
      expect(printed).toContain('LEGO_CA_CERTIFICATES=/srv/r.pem everseal run ');
    });
  });

  it('offers the challenges that it is told, and names the port of tls-alpn-01', async () => {
    const { http } = nodePorts();
    const words = [
      '--challenges',
      'http-01,dns-persist-01',
      '--persist',
      'draft-02',
      '--dns-resolver',
      '127.0.0.1:5353',
    ];
    await caStart(['--address', '127.0.0.1:0', '--tls-port', '5443', '--caa', ...words], async (printed, files) => {
      expect(printed).toContain('  tls-alpn-01  port 5443\n');
      const url = /https:\S+\/directory/.exec(printed)?.[0] ?? '';
      const roots = [files.get('/srv/everseal-ca.pem') ?? ''];
      const { body } = await http.request({ method: 'GET', url, tls: { roots } });
      expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({
        meta: { caaIdentities: ['localhost'], issuerDomainNames: ['localhost'] },
      });
    });
  });

  it('takes only bound accounts when it is given a key', async () => {
    const { http } = nodePorts();
    await caStart(
      ['--address', '[::1]:0', '--eab-kid', 'k', '--eab-hmac', 'c2VjcmV0', '--json'],
      async (printed, files) => {
        const url = /https:[^"]+/.exec(printed)?.[0] ?? '';
        const { body } = await http.request({
          method: 'GET',
          url,
          tls: { roots: [files.get('/srv/everseal-ca.pem') ?? ''] },
        });
        expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({ meta: { externalAccountRequired: true } });
      },
    );
  });

  it.each([
    [['--address', 'nowhere'], 'Flag --address cannot listen on "nowhere"'],
    [['--http-port', '0'], 'Flag --http-port cannot be 0'],
    [['--tls-port', '65536'], 'Flag --tls-port cannot be 65536'],
    [['--challenges', 'http-01,http-02'], 'Flag --challenges does not know "http-02"'],
    [['--persist', 'draft-99'], 'Flag --persist does not know "draft-99"'],
    [['--eab-kid', 'k'], 'Only one of --eab-kid and --eab-hmac was given'],
  ])('refuses %j', async (words, message) => {
    const { code, stderr } = await caStart(words, async () => undefined);
    expect(code).toBe(2);
    expect(stderr).toContain(`Error: ${message}\n`);
  });

  it('says when its address is taken', async () => {
    const { net } = nodePorts();
    const taken = await net.serveHttp({ address: { host: '127.0.0.1', port: 0 }, handler: async () => new Response() });
    const address = `127.0.0.1:${taken.addresses[0]?.port}`;
    const { code, stderr } = await caStart(['--address', address], async () => undefined);
    await taken.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Error: The CA cannot listen: .*\n {7}Choose another address with --address; port 0 takes a free one\.\n$/,
    );
  });
});
