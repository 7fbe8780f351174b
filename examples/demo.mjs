#!/usr/bin/env node
// From nothing to HTTPS, on this machine only: `npm run demo`.
//
// Starts the embedded CA, has the product's own command obtain a certificate from it by a real HTTP-01 validation,
// serves a page with it, and fetches that page the way a browser would that trusts this CA.
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCa } from 'everseal';
import { Display } from './display.mjs';

const name = 'demo.localhost';
const program = fileURLToPath(new URL('../dist/bin/everseal.js', import.meta.url));
const display = new Display(process.stdout);

/** Asks the system for a free loopback port. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createTcpServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Runs `everseal run`, shows what it says, and fails as it does. */
async function obtain({ directory, rootFile, httpPort, path }) {
  const words = ['run', '--server', directory, '--email', 'you@example.com', '--accept-tos', '--domains', name];
  const args = [...words, '--http', '--http.address', `127.0.0.1:${httpPort}`, '--path', path];
  display.command('everseal', args);
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, LEGO_CA_CERTIFICATES: rootFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  display.quote(output);
  if (code !== 0) throw new Error(`everseal run ended with exit code ${code}`);
}

async function serve({ path }) {
  const [key, cert] = await Promise.all(
    ['key', 'crt'].map((ending) => readFile(join(path, 'certificates', `${name}.${ending}`))),
  );
  const server = createServer({ key, cert }, (_request, reply) => {
    reply.setHeader('content-type', 'text/html; charset=utf-8');
    reply.end(page(new X509Certificate(cert)));
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return { server, port: server.address().port };
}

function page(certificate) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>It works</title>
<style>body { font: 1.2rem/1.6 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem }</style>
<h1>It works</h1>
<p>This page came over HTTPS with a certificate that everseal obtained a moment ago.
It is for <b>${name}</b> and valid until ${certificate.validTo}.</p>
</html>
`;
}

/** Fetches the page, trusting this CA's root and nothing else. Names under .localhost are this machine (RFC 6761 §6.3). */
function fetchPage({ port, root }) {
  const options = { ca: root, servername: name, agent: false, lookup: loopback };
  return new Promise((resolve, reject) => {
    const request = get(`https://${name}:${port}/`, options, (reply) => {
      const { authorized } = reply.socket;
      const protocol = reply.socket.getProtocol();
      let body = '';
      reply.on('data', (data) => {
        body += data;
      });
      reply.on('end', () => resolve({ status: reply.statusCode, body, authorized, protocol }));
    });
    request.on('error', reject);
  });
}

function loopback(_hostname, options, done) {
  if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }]);
  else done(null, '127.0.0.1', 4);
}

async function filesUnder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      const { mode, size } = await stat(path);
      return { path: path.slice(folder.length + 1).replaceAll('\\', '/'), mode: mode & 0o777, size };
    }),
  );
}

function untilInterrupted() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
  });
}

async function demo(folder, closers) {
  const path = join(folder, 'everseal');
  const rootFile = join(folder, 'root.pem');
  const httpPort = await freePort();

  const ca = await display.step('Start a certificate authority of our own', () =>
    startCa({ validation: { httpPort } }),
  );
  closers.push(() => ca.close());
  await writeFile(rootFile, ca.root);
  display.note(`ACME directory  ${ca.directory}`);

  await display.step(`Obtain a certificate for ${name}`, () =>
    obtain({ directory: ca.directory, rootFile, httpPort, path }),
  );

  const { server, port } = await display.step('Serve a page over HTTPS with it', () => serve({ path }));
  closers.push(() => new Promise((resolve) => server.close(resolve)));

  const reply = await display.step('Fetch that page, trusting only our CA', () => fetchPage({ port, root: ca.root }));
  if (reply.status !== 200 || !reply.authorized) throw new Error(`The page answered ${reply.status}`);
  display.note(`${reply.status} over ${reply.protocol}, chain verified, ${Buffer.byteLength(reply.body)} octets`);

  display.tree('Files written', await filesUnder(path), { '.everseal/': 'what it remembers: facts, locks, state' });
  display.certificate(new X509Certificate(await readFile(join(path, 'certificates', `${name}.crt`))));
  if (!process.stdout.isTTY) return display.done('Done.');
  display.done(`Serving https://${name}:${port}/ until Ctrl-C.`);
  display.hint(`curl --cacert ${rootFile} --resolve ${name}:${port}:127.0.0.1 https://${name}:${port}/`);
  await untilInterrupted();
}

const folder = await mkdtemp(join(tmpdir(), 'everseal-demo-'));
const closers = [];
try {
  display.title('everseal: from nothing to HTTPS, on this machine only');
  await demo(folder, closers);
} catch (error) {
  display.failure(error.message);
  process.exitCode = 1;
} finally {
  for (const close of closers.reverse()) await close();
  await rm(folder, { recursive: true, force: true });
}
