/**
 * The ports: everything the product may ask of the world outside pure computation.
 *
 * `node/` implements them on a real machine, `sim/` in virtual time; both pass one conformance suite
 * (`ports.conformance.ts`). Code outside those two folders is handed a {@link Ports} and never touches
 * Node's clock, network, disk or processes by itself.
 *
 * Rules that hold for every port:
 * - A wait takes an `AbortSignal`; when it fires, the call rejects with `signal.reason`.
 * - A failure is an {@link EversealError} whose `code` says what kind of failure it was.
 * - Inputs are never changed; byte arrays that are returned belong to the caller.
 */
import type { Signer } from './signer.ts';
import type { KeyAlgorithm } from './signer.ts';
import type { Secret } from './secret.ts';

export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: Keys;
  readonly http: Http;
  readonly net: Net;
  readonly fs: FileSystem;
  readonly spawn: Spawn;
  readonly host: Host;
  readonly terminal: Terminal;
  readonly log: Log;
}

/** Time. `now` may jump when an administrator sets the clock; `monotonic` never does. */
export interface Clock {
  /** Wall-clock time: for validity periods, leases, everything that is compared with a date from elsewhere. */
  now(): Date;
  /** Milliseconds since an arbitrary start, never going backwards: for durations and deadlines. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds (0 yields once). Any finite length is fine, also beyond 2³¹ ms. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Randomness fit for cryptography on a real machine, seeded in the simulation. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1). */
  fraction(): number;
  /** A stream of its own, so that a new draw in one part leaves the other parts' simulated runs alone. */
  fork(label: string): Random;
}

/** A key made by the {@link Keys} port: it signs, and it can be written down unless it lives in a device. */
export interface GeneratedKey extends Signer {
  /** PKCS#8 PEM, or undefined when the private half cannot leave its device. */
  readonly pkcs8: Secret | undefined;
}

/** Where private keys come from: the seam for a KMS or a PKCS#11 token. */
export interface Keys {
  /** RSA keys are made off the event loop. */
  generate(algorithm: KeyAlgorithm, signal?: AbortSignal): Promise<GeneratedKey>;
}

// ---------------------------------------------------------------- HTTP client

/** How a TLS client decides whom to trust. */
export interface TlsClientOptions {
  /** PEM certificates that replace the system's roots. */
  readonly roots?: readonly string[];
  /** With `roots`: trust the system's roots as well. */
  readonly systemRoots?: boolean;
  /** The name expected in the certificate, when it differs from the host of the URL. */
  readonly serverName?: string;
  /** Accept any certificate. */
  readonly insecure?: boolean;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly tls?: TlsClientOptions;
  /** Connect here instead of to the URL's host and port (the Host header and SNI stay the URL's). No proxy is used then. */
  readonly connectTo?: SocketAddress;
  /** IP family to prefer exclusively, when the user asked for it. */
  readonly family?: 4 | 6;
  /** A reply whose body (after decompression: none is asked for) is longer fails with `reply-too-large`. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** The whole exchange must end within this time, else `timeout`. Default 30 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case name → every value received, in order: duplicates stay visible. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Uint8Array;
}

/**
 * One HTTP exchange. Redirects are never followed, no body is decompressed, nothing is retried.
 *
 * Failure codes: `connection-refused`, `connection-reset`, `name-not-found`, `tls` (the certificate or the
 * handshake), `timeout`, `reply-too-large`, `bad-reply` (not HTTP, headers too large, a length that lies),
 * `network` (anything else).
 */
export interface Http {
  request(request: HttpRequest): Promise<HttpResponse>;
}

// ---------------------------------------------------------------- sockets

export interface SocketAddress {
  /** IP literal or host name; `''` in a listen address means all addresses, IPv4 and IPv6. */
  readonly host: string;
  /** 0 in a listen address means: choose a free one. */
  readonly port: number;
}

export interface Listener {
  /** Where it really listens, after a port 0 was replaced. At least one. */
  readonly addresses: readonly SocketAddress[];
  /** Stops listening and cuts open connections off. Idempotent. */
  close(): Promise<void>;
}

/** What a TLS server shows to one client. */
export interface TlsIdentity {
  /** PEM, leaf first. */
  readonly chain: string;
  readonly key: Secret;
}

export type FetchHandler = (request: Request) => Promise<Response>;

export interface ServeHttpOptions {
  readonly address: SocketAddress;
  readonly handler: FetchHandler;
  /** Given: HTTPS. Called once a handshake with the SNI name (lower case; undefined without SNI). */
  readonly identity?: (serverName: string | undefined) => TlsIdentity | undefined;
}

export interface ServeTlsOptions {
  readonly address: SocketAddress;
  /**
   * Called once a handshake. `undefined` refuses it by an alert. `protocols` is what the client offered by
   * ALPN, empty when it offered nothing. The connection is closed after the handshake.
   */
  readonly select: (
    serverName: string | undefined,
    protocols: readonly string[],
  ) => { readonly identity: TlsIdentity; readonly protocol: string } | undefined;
}

export interface ProbeTlsOptions {
  readonly address: SocketAddress;
  readonly serverName: string;
  readonly protocols: readonly string[];
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface TlsProbe {
  /** The protocol chosen by ALPN, or undefined. */
  readonly protocol: string | undefined;
  /** The peer's certificate in DER. */
  readonly certificate: Uint8Array;
}

export interface ServeDnsOptions {
  readonly address: SocketAddress;
  /** One DNS message in, one out; undefined stays silent. Served by UDP and TCP on one port. */
  readonly handler: (message: Uint8Array, transport: 'udp' | 'tcp') => Promise<Uint8Array | undefined>;
}

export interface ExchangeDnsOptions {
  readonly address: SocketAddress;
  readonly transport: 'udp' | 'tcp';
  readonly message: Uint8Array;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface ConnectOptions {
  readonly address: SocketAddress;
  /** Given: TLS over the connection. */
  readonly tls?: TlsClientOptions;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface ByteStream {
  /** The next bytes, or undefined at the end. */
  read(signal?: AbortSignal): Promise<Uint8Array | undefined>;
  write(data: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/**
 * Listening and probing. Failure codes when listening: `port-in-use`, `permission` (a low port), `address-not-available`;
 * when connecting: those of {@link Http}.
 */
export interface Net {
  serveHttp(options: ServeHttpOptions): Promise<Listener>;
  serveTls(options: ServeTlsOptions): Promise<Listener>;
  probeTls(options: ProbeTlsOptions): Promise<TlsProbe>;
  serveDns(options: ServeDnsOptions): Promise<Listener>;
  exchangeDns(options: ExchangeDnsOptions): Promise<Uint8Array>;
  connect(options: ConnectOptions): Promise<ByteStream>;
  /** The system's view of a host name: IP literals. `localhost` and `*.localhost` are loopback (RFC 6761 §6.3). */
  resolve(hostname: string, family?: 4 | 6): Promise<readonly string[]>;
}

// ---------------------------------------------------------------- disk

export interface FileStat {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly size: number;
  /** Milliseconds since the epoch, with whatever fraction the file system keeps. */
  readonly modified: number;
  /** Changes when another file takes the name. */
  readonly inode: string;
  /** Permission bits, as in 0o600. */
  readonly mode: number;
}

/**
 * The disk, in the small steps that durable files are made of. Nothing is durable before `sync`: a write needs a
 * `sync` of the file, a new, renamed or removed name a `sync` of its folder. Use `durable-file.ts` unless you are
 * composing a larger commit.
 *
 * Failure codes: `file-not-found`, `file-exists`, `permission`, `disk-full`, `read-only-disk`, `not-a-folder`,
 * `is-a-folder`, `cross-device`, `busy`, `folder-not-empty`, `io` (anything else).
 */
export interface FileSystem {
  read(path: string): Promise<Uint8Array>;
  /** undefined when there is nothing of that name. Follows links. */
  stat(path: string): Promise<FileStat | undefined>;
  /** As `stat`, about the link itself. */
  lstat(path: string): Promise<FileStat | undefined>;
  /** Names in the folder, unsorted. */
  list(path: string): Promise<readonly string[]>;
  /** Makes the folder and those above it; an existing folder is left as it is. */
  createFolder(path: string, mode: number): Promise<void>;
  /** Creates or replaces the content. `exclusive`: fails with `file-exists` when there is one. `mode` is that of a new file, exact (no umask). */
  write(
    path: string,
    data: Uint8Array,
    options: { readonly mode: number; readonly exclusive?: boolean },
  ): Promise<void>;
  /** Appends in one write; creates the file when missing. */
  append(path: string, data: Uint8Array, options: { readonly mode: number }): Promise<void>;
  /** Makes a file's content, or a folder's names, survive a power cut. */
  sync(path: string): Promise<void>;
  /** Atomic; replaces an existing file. */
  rename(from: string, to: string): Promise<void>;
  /** A second name for the file `from`. Fails with `file-exists`. */
  link(from: string, to: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  readLink(path: string): Promise<string>;
  /** Removes a file or link; fine when it is missing already. */
  remove(path: string): Promise<void>;
  /** Removes an empty folder. */
  removeFolder(path: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
}

// ---------------------------------------------------------------- the rest of the machine

export interface SpawnOptions {
  readonly argv: readonly [program: string, ...args: readonly string[]];
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** Then killed, with everything it started: `timedOut`. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Each line of output as it comes, without its line end. */
  readonly onLine?: (line: string, from: 'stdout' | 'stderr') => void;
}

export interface SpawnResult {
  /** undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
}

/** Runs a program without a shell. Fails with `program-not-found` or `permission` when it cannot start. */
export type Spawn = (options: SpawnOptions) => Promise<SpawnResult>;

/** Who holds a lease: enough to tell on this machine whether that process still lives. */
export interface ProcessIdentity {
  /** Changes at each boot of the machine. */
  readonly bootId: string;
  /** Processes are comparable only within one PID namespace: two containers may share a boot id and both be pid 1. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** Start time of the process in whatever unit the system counts: tells a reused pid apart. */
  readonly startTime: string;
}

export interface Host {
  readonly platform: string;
  readonly architecture: string;
  identity(): Promise<ProcessIdentity>;
  /** `unknown` when the process belongs to another machine, boot or PID namespace. */
  isAlive(process: ProcessIdentity): Promise<'alive' | 'dead' | 'unknown'>;
}

export interface Terminal {
  /** Standard input and standard error are a terminal: questions may be asked. */
  readonly interactive: boolean;
  /** Standard output is a terminal. */
  readonly stdoutIsTty: boolean;
  /** Colours are welcome on standard error (a TTY, no NO_COLOR). */
  readonly colours: boolean;
  readonly columns: number;
  /** To standard output, as is. */
  write(text: string): void;
  /** To standard error, as is. */
  writeError(text: string): void;
  /** Reads one line after showing `question`; undefined at end of input. */
  ask(question: string, signal?: AbortSignal): Promise<string | undefined>;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log. Fields never carry secrets; strings from a server have been through `printable()`. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
