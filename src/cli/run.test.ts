import { describe, expect, it } from 'vitest';
import { readCertificateChain, readPrivateKey } from '../pki/index.ts';
import { SimulatedCli } from './simulated-cli.testing.ts';

const folder = '/srv/.lego/certificates';

describe('everseal run', () => {
  it('obtains a certificate, stores it in lego’s layout and says so', async () => {
    const cli = new SimulatedCli();
    await cli.startCa();
    const { code, stdout, stderr } = await cli.obtain();
    expect(stderr.split('\n').map((line) => line.replace(/ \(https.*/, ''))).toEqual([
      'Registered the account me@site.test',
      'www.site.test: placed the order',
      'www.site.test: ready to prove www.site.test by http-01',
      'www.site.test: the CA has seen the proof',
      'www.site.test: the CA has issued',
      'www.site.test: stored',
      '',
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('www.site.test  obtained\n  names        www.site.test\n  expires      2030-');
    expect(stdout).toContain(
      `  certificate  ${folder}/www.site.test.crt\n  key          ${folder}/www.site.test.key\n`,
    );
    const [leaf] = readCertificateChain(cli.disk.readText(`${folder}/www.site.test.crt`));
    const key = readPrivateKey(cli.disk.readText(`${folder}/www.site.test.key`));
    expect(leaf?.publicKey.equals(key.publicKey)).toBe(true);
  });

  it('leaves a certificate alone that is not due, and renews it when it is', async () => {
    const cli = new SimulatedCli();
    await cli.startCa();
    await cli.obtain();
    const first = cli.disk.readText(`${folder}/www.site.test.crt`);
    const again = await cli.obtain();
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toContain('www.site.test  not due yet\n');
    expect(cli.disk.readText(`${folder}/www.site.test.crt`)).toBe(first);
    await cli.world.drive(cli.world.sleep(75 * 86_400_000));
    expect((await cli.obtain()).stdout).toContain('www.site.test  obtained\n');
    expect(cli.disk.readText(`${folder}/www.site.test.crt`)).not.toBe(first);
  });

  it('renews at once with --renew-force, and with another name added', async () => {
    const cli = new SimulatedCli();
    await cli.startCa();
    await cli.obtain();
    expect((await cli.obtain('--renew-force')).stdout).toContain('obtained');
    expect((await cli.obtain('-d api.site.test')).stdout).toContain('  names        www.site.test, api.site.test\n');
    expect((await cli.obtain()).stdout).toContain('not due yet');
  });

  it('prints a report and nothing else with --json', async () => {
    const cli = new SimulatedCli();
    await cli.startCa();
    const { code, stdout } = await cli.obtain('-a --json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      ok: true,
      certificates: [{ name: 'www.site.test', outcome: 'issued', because: 'missing', identifiers: ['www.site.test'] }],
      files: [
        { name: 'www.site.test', certificate: `${folder}/www.site.test.crt`, key: `${folder}/www.site.test.key` },
      ],
    });
  });

  it('reports failures with --json, too', async () => {
    const cli = new SimulatedCli();
    await cli.startCa({ refusedNames: ['site.test'] });
    const { code, stdout } = await cli.obtain('-a --json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      certificates: [{ outcome: 'failed', error: { message: expect.any(String) } }],
    });
  });

  it('asks about the terms on a terminal', async () => {
    const cli = new SimulatedCli();
    await cli.startCa({ termsOfService: 'https://ca.test/terms/1' });
    const refused = await cli.obtain('--json', { answers: [''] });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      'The CA asks you to agree to its terms of service:\n  https://ca.test/terms/1\nDo you agree? [y/N] ',
    );
    expect((await cli.obtain('--json', { answers: ['y'] })).code).toBe(0);
  });

  it('binds an external account', async () => {
    const cli = new SimulatedCli();
    await cli.startCa({
      externalAccountRequired: true,
      externalAccounts: { kid: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0' },
    });
    const without = await cli.obtain();
    expect(without).toMatchObject({ code: 1 });
    expect(without.stderr).toContain('give them with --eab --eab.kid ID --eab.hmac KEY');
    const environment = {
      LEGO_EAB: 'true',
      LEGO_EAB_KID: 'kid',
      LEGO_EAB_HMAC: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0',
    };
    const bound = await cli.obtain('', { environment });
    expect(bound.code).toBe(0);
    expect(bound.stdout + bound.stderr).not.toContain('c2VjcmV0');
  });

  it('uses names from the environment', async () => {
    const cli = new SimulatedCli();
    await cli.startCa();
    const environment = {
      LEGO_DOMAINS: 'api.site.test',
      LEGO_SERVER: 'https://ca.test/directory',
      LEGO_ACCEPT_TOS: '1',
      LEGO_HTTP: 'true',
    };
    const { stdout } = await cli.run('run --path /srv/certs', { environment });
    expect(stdout).toContain('/srv/certs/certificates/api.site.test.crt');
  });

  it('cleans up when it is interrupted', async () => {
    const cli = new SimulatedCli();
    await cli.startCa({ asynchronousFinalize: { ms: 3_600_000 } });
    const { code, stderr } = await cli.obtain('-a', {
      before: ({ ports }, abort) =>
        void ports.clock.sleep(60_000).then(() => abort.abort(new DOMException('Interrupted', 'AbortError'))),
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/Error: .*[Ii]nterrupted/);
    expect(cli.world.elapsed).toBeLessThan(120_000);
    expect(cli.disk.exists(`${folder}/www.site.test.crt`)).toBe(false);
  });

  it('shows requests with EVERSEAL_DEBUG only', async () => {
    const cli = new SimulatedCli();
    await cli.startCa();
    expect((await cli.obtain()).stderr).not.toContain('GET https://ca.test/directory');
    const debugged = await cli.obtain('--renew-force', { environment: { EVERSEAL_DEBUG: '1' } });
    expect(debugged.stderr).toMatch(/POST https:\/\/ca\.test\/\S+: 201 in \d+ ms/);
  });
});
