// The real peers, installed once into .cache/peers, a folder for each version.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { capture, captureNpm } from './run.mjs';
import { cache } from './tree.mjs';

const folder = join(cache, 'peers');

/**
 * name → how it comes here. `file` is the program, under the folder of that version; a library of Python's has none but the
 * interpreter, which is there before it, so `done` is what comes last.
 */
const peers = {
  pebble: { version: '2.10.1', file: 'pebble', go: 'github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.1' },
  'pebble-challtestsrv': {
    version: '2.10.1',
    file: 'pebble-challtestsrv',
    go: 'github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv@v2.10.1',
  },
  lego: { version: '5.3.1', file: 'lego', go: 'github.com/go-acme/lego/v5@v5.3.1' },
  certbot: {
    version: '5-rfc2136',
    file: join('bin', 'certbot'),
    done: 'installed',
    pip: 'certbot>=5,<6 certbot-dns-rfc2136>=5,<6',
  },
  'acme-client': {
    version: '5.4.0',
    file: join('node_modules', 'acme-client', 'package.json'),
    npm: 'acme-client@5.4.0',
  },
  'dns-packet': {
    version: '5.6.1',
    file: join('node_modules', 'dns-packet', 'package.json'),
    npm: 'dns-packet@5.6.1',
  },
  dnspython: { version: '2.7', file: join('bin', 'python3'), done: 'installed', pip: 'dnspython>=2.7,<2.8' },
};

const goNeeded =
  'Go is needed to build it: install Go 1.25 or later (Debian: from backports, or go.dev) and try again.';

/** What of Debian the suites call: program, or a file that is there with it, → package. */
const debian = {
  openssl: 'openssl',
  setpriv: 'util-linux',
  mount: 'mount',
  ip: 'iproute2',
  named: 'bind9',
  nsupdate: 'bind9-dnsutils',
  knotd: 'knot',
  pdns_server: 'pdns-server',
  '/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql': 'pdns-backend-sqlite3',
  sqlite3: 'sqlite3',
  nginx: 'nginx-light',
  faketime: 'faketime',
};

const isThere = (what) => (what.startsWith('/') ? existsSync(what) : capture('which', [what]).code === 0);

export function peerPath(name) {
  const { version, file } = peers[name];
  return join(folder, `${name}-${version}`, file);
}

/** @throws Error with what to do, when the peer cannot be had */
export async function installPeer(name) {
  const path = peerPath(name);
  const { version, file, done = file } = peers[name];
  const proof = join(folder, `${name}-${version}`, done);
  if (existsSync(proof)) return path;
  await withLock(join(folder, `${name}.lock`), () => {
    if (existsSync(proof)) return;
    console.log(`peers: installing ${name} ${version}`);
    install(name);
    if (!existsSync(proof)) throw new Error(`${name} was installed, but ${proof} is not there.`);
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
  const pip = capture(join(target, 'bin', 'pip'), ['install', '--quiet', ...requirement.split(' ')]);
  if (pip.code !== 0) throw new Error(`pip install ${requirement} failed:\n${pip.output}`);
  writeFileSync(join(target, 'installed'), `${requirement}\n`);
}

function installByNpm(requirement, target) {
  mkdirSync(target, { recursive: true });
  const { code, output } = captureNpm(['install', '--prefix', target, '--no-save', '--loglevel=error', requirement]);
  if (code !== 0) throw new Error(`npm install ${requirement} failed:\n${output}`);
}

/** Debian's programs that the suites call; installed when missing and we may. */
export function installDebianPrograms() {
  const missing = Object.keys(debian).filter((what) => !isThere(what));
  if (missing.length === 0) return;
  const packages = missing.map((what) => debian[what]);
  console.log(`peers: installing ${packages.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  capture('apt-get', ['update', '-qq'], { env });
  // Only the programs are wanted: a package's own service would take port 53.
  const args = [
    'install',
    '-y',
    '-qq',
    '--no-install-recommends',
    '-o',
    'Dpkg::Options::=--force-confold',
    ...packages,
  ];
  const { code, output } = capture('apt-get', args, { env: { ...env, RUNLEVEL: '1' } });
  if (code !== 0) throw new Error(`${missing.join(', ')} missing, and apt-get cannot install them:\n${output}`);
}

/** What the harness is told: one variable a peer. */
export function peerEnvironment(names) {
  return Object.fromEntries(names.map((name) => [`PEER_${name.toUpperCase().replaceAll('-', '_')}`, peerPath(name)]));
}
