// The real peers, installed once into .cache/peers, a folder for each version.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { capture, captureNpm } from './run.mjs';
import { cache } from './tree.mjs';

const folder = join(cache, 'peers');

/** name → how it comes here. `file` is the program, under the folder of that version. */
const peers = {
  pebble: { version: '2.10.1', file: 'pebble', go: 'github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.1' },
  'pebble-challtestsrv': {
    version: '2.10.1',
    file: 'pebble-challtestsrv',
    go: 'github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv@v2.10.1',
  },
  lego: { version: '5.3.1', file: 'lego', go: 'github.com/go-acme/lego/v5@v5.3.1' },
  certbot: { version: '5', file: join('bin', 'certbot'), pip: 'certbot>=5,<6' },
  'acme-client': {
    version: '5.4.0',
    file: join('node_modules', 'acme-client', 'package.json'),
    npm: 'acme-client@5.4.0',
  },
};

const goNeeded =
  'Go is needed to build it: install Go 1.25 or later (Debian: from backports, or go.dev) and try again.';

/** Programs of Debian that the suites call: command → package. */
const debian = { openssl: 'openssl', setpriv: 'util-linux', mount: 'mount' };

export function peerPath(name) {
  const { version, file } = peers[name];
  return join(folder, `${name}-${version}`, file);
}

/** @throws Error with what to do, when the peer cannot be had */
export async function installPeer(name) {
  const path = peerPath(name);
  if (existsSync(path)) return path;
  await withLock(join(folder, `${name}.lock`), () => {
    if (existsSync(path)) return;
    console.log(`peers: installing ${name} ${peers[name].version}`);
    install(name);
    if (!existsSync(path)) throw new Error(`${name} was installed, but ${path} is not there.`);
  });
  return path;
}

function install(name) {
  const peer = peers[name];
  const target = join(folder, `${name}-${peer.version}`);
  if (peer.go !== undefined) installByGo(peer.go, target);
  if (peer.pip !== undefined) installByPip(peer.pip, target);
  if (peer.npm !== undefined) installByNpm(peer.npm, target);
}

// Aside and then renamed, so that an interrupted build is not taken for a finished one.
function installByGo(module, target) {
  const aside = `${target}.new`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  const env = { ...process.env, GOBIN: aside, GOSUMDB: 'off', CGO_ENABLED: '0' };
  const { code, output } = capture('go', ['install', module], { env });
  if (code !== 0) throw new Error(output.includes('ENOENT') ? goNeeded : `go install ${module} failed:\n${output}`);
  rmSync(target, { recursive: true, force: true });
  renameSync(aside, target);
}

// A virtual environment knows its own path, so it cannot be renamed; pip's last step makes the program.
function installByPip(requirement, target) {
  rmSync(target, { recursive: true, force: true });
  const venv = capture('python3', ['-m', 'venv', target]);
  if (venv.code !== 0)
    throw new Error(`python3 -m venv failed (Debian: apt-get install python3-venv):\n${venv.output}`);
  const pip = capture(join(target, 'bin', 'pip'), ['install', '--quiet', requirement]);
  if (pip.code !== 0) throw new Error(`pip install ${requirement} failed:\n${pip.output}`);
}

function installByNpm(requirement, target) {
  mkdirSync(target, { recursive: true });
  const { code, output } = captureNpm(['install', '--prefix', target, '--no-save', '--loglevel=error', requirement]);
  if (code !== 0) throw new Error(`npm install ${requirement} failed:\n${output}`);
}

/** Debian's programs that the suites call; installed when missing and we may. */
export function installDebianPrograms() {
  const missing = Object.keys(debian).filter((program) => capture('which', [program]).code !== 0);
  if (missing.length === 0) return;
  const packages = missing.map((program) => debian[program]);
  console.log(`peers: installing ${packages.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  capture('apt-get', ['update', '-qq'], { env });
  const { code, output } = capture('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
    env,
  });
  if (code !== 0) throw new Error(`${missing.join(', ')} missing, and apt-get cannot install them:\n${output}`);
}

/** What the harness is told: one variable a peer. */
export function peerEnvironment(names) {
  return Object.fromEntries(names.map((name) => [`PEER_${name.toUpperCase().replaceAll('-', '_')}`, peerPath(name)]));
}
