import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { fromUtf8, listIfExists, type Ports, toBase64Url, utf8 } from '../core/index.ts';
import { startCa } from '../entry/index.ts';
import { nodePorts } from '../node/index.ts';
import { dispatch } from './dispatch.ts';

const ports = nodePorts();
const folder = `.cache/cli-test-${toBase64Url(ports.random.bytes(6))}`;

async function freePort(): Promise<number> {
  const probe = await ports.net.serveHttp({
    address: { host: '127.0.0.1', port: 0 },
    handler: async () => new Response(),
  });
  await probe.close();
  return probe.addresses[0]?.port ?? 0;
}

async function removeTree({ fs }: Pick<Ports, 'fs'>, path: string): Promise<void> {
  for (const name of await listIfExists(fs, path)) {
    const inner = `${path}/${name}`;
    if ((await fs.lstat(inner))?.kind === 'folder') await removeTree({ fs }, inner);
    else await fs.remove(inner);
  }
  await fs.removeFolder(path);
}

describe('everseal run on this machine', () => {
  afterEach(() => removeTree(ports, folder));

  it('obtains over real sockets and stores on the real disk', async () => {
    const port = await freePort();
    const ca = await startCa({ validation: { httpPort: port } });
    await ports.fs.createFolder(folder, 0o700);
    await ports.fs.write(`${folder}/root.pem`, utf8(ca.root), { mode: 0o600 });
    let printed = '';
    const code = await dispatch({
      words: `run -a -d demo.localhost --http --http.address 127.0.0.1:${port} -s ${ca.directory} --json`.split(' '),
      environment: { LEGO_CA_CERTIFICATES: `${folder}/root.pem`, LEGO_PATH: `${folder}/store` },
      workingFolder: '.',
      signal: new AbortController().signal,
      print: (text) => {
        printed += text;
      },
      printError: (text) => {
        printed += text.startsWith('Error') ? text : '';
      },
      versionLine: '',
      ports: async (log) => nodePorts({ log }),
    });
    await ca.close();
    expect(JSON.parse(printed)).toMatchObject({ ok: true, certificates: [{ outcome: 'issued' }] });
    expect(code).toBe(0);
    const { certificates, accounts } = {
      certificates: `${folder}/store/certificates`,
      accounts: `${folder}/store/accounts`,
    };
    expect(await ports.fs.list(certificates)).toEqual(
      expect.arrayContaining(['demo.localhost.crt', 'demo.localhost.key', 'demo.localhost.json']),
    );
    expect(await ports.fs.list(accounts)).toEqual([`localhost_${ca.port}`]);
    const leaf = new X509Certificate(fromUtf8(await ports.fs.read(`${certificates}/demo.localhost.crt`)));
    expect(leaf.subjectAltName).toBe('DNS:demo.localhost');
    expect((await ports.fs.stat(`${certificates}/demo.localhost.key`))?.mode).toBe(0o600);
  });
});
