import {
  EversealError,
  fromUtf8,
  listIfExists,
  mapAll,
  messageOf,
  type Ports,
  readIfExists,
  Semaphore,
  utf8,
} from '../../core/index.ts';
import {
  type CertificateMaterial,
  type CertificateStore,
  type CertificateVersion,
  certificateFacts,
  type Fence,
  type Locks,
  type StoredCertificate,
} from '../../engine/index.ts';
import {
  type CachedFacts,
  type CertificateRecord,
  ensureFolder,
  type FileContent,
  marksOf,
  type Sidecar,
  type StagedCommits,
  type StagedSet,
  versionOf,
} from '../../store/index.ts';
import { certificateId, certificateJson, issuerPart, type LegoOrigin } from './certificate-file.ts';
import { conflict, type Look, lookOf, marksOfLook, missing, overtaken, stored } from './certificate-look.ts';
import type { CertificateFiles, LegoLayout } from './layout.ts';
import { type OpenKeyPolicy, OpenKeys, readStoredKey } from './stored-key.ts';

export interface CertificateStoreOptions {
  readonly ports: Pick<Ports, 'fs' | 'log' | 'host'>;
  readonly layout: LegoLayout;
  readonly commits: StagedCommits;
  readonly sidecar: Sidecar;
  readonly locks: Locks;
  /** Default `command`. */
  readonly origin?: LegoOrigin;
  /** Also write certificate and key into one `.pem` file. One that is there is kept up to date in any case. */
  readonly pem?: boolean;
  readonly openKeys?: OpenKeyPolicy | undefined;
}

const subject = 'certificate/';
const atOnce = 16;

/**
 * Certificates in lego's tree. Each file has lego's name, form and mode, so that lego reads what we wrote and the other
 * way round; what lego does not remember is in the sidecar.
 *
 * lego replaces its files one after the other, without a lock. What it changed is seen by the version (`commit` fails with
 * `conflict`); while it writes, a key may be seen that is not the certificate's: then the certificate counts as one without
 * a key. If both write at the same instant, the files of the later writer stay.
 *
 * A name is what lego takes as certificate id; two names with the same files (`a:b`, `a-b`) are one certificate.
 */
export class LegoCertificateStore implements CertificateStore {
  readonly #options: CertificateStoreOptions;
  readonly #openKeys: OpenKeys;

  constructor(options: CertificateStoreOptions) {
    this.#options = options;
    this.#openKeys = new OpenKeys(options.ports, options.openKeys);
  }

  async load(name: string): Promise<StoredCertificate | undefined> {
    const { commits, layout, sidecar } = this.#options;
    const files = layout.certificate(name);
    const look = lookOf(await commits.view(subject + files.base, this.#lookPaths(files)));
    if (look.json.stat === undefined) return undefined;
    this.#openKeys.look(files.key, look.key.stat);
    const marks = marksOfLook(look);
    const record = look.record.stat && (await sidecar.record(look.record.path));
    if (record?.marks === marks) return stored(name, record, record);
    const known = look.record.stat === undefined || record !== undefined ? await sidecar.facts(files.base) : undefined;
    return known?.marks === marks ? stored(name, known, record) : this.#loadByParsing(name, files);
  }

  async read(name: string): Promise<CertificateMaterial | undefined> {
    const { commits, layout } = this.#options;
    const files = layout.certificate(name);
    const current = await this.load(name);
    if (current === undefined) return undefined;
    const look = lookOf(await commits.read(subject + files.base, this.#lookPaths(files)));
    // Somebody replaced it since: what was known of its key is no more.
    if (versionOf(marksOfLook(look)) !== current.version) return this.read(name);
    if (look.crt.data === undefined) throw missing(files);
    const key = current.hasKey ? look.key.data : undefined;
    return { chain: fromUtf8(look.crt.data), key: key && (await readStoredKey(files.key, fromUtf8(key))).pkcs8 };
  }

  async list(): Promise<readonly string[]> {
    const { commits, layout, ports } = this.#options;
    const present = (await listIfExists(ports.fs, layout.certificates))
      .filter((name) => name.endsWith('.json') && name !== '.json')
      .map((name) => name.slice(0, -'.json'.length));
    const pending = (await commits.pending())
      .filter((name) => name.startsWith(subject))
      .map((name) => name.slice(subject.length));
    const bases = [...new Set([...present, ...pending])].sort();
    return mapAll(bases, new Semaphore(atOnce), (base) => this.#nameOf(base));
  }

  async commit(
    name: string,
    version: CertificateVersion,
    expected: string | undefined,
    fence: Fence,
  ): Promise<StoredCertificate> {
    const { commits, layout, locks, ports, sidecar } = this.#options;
    const files = layout.certificate(name);
    const guard = async () => {
      await locks.check(fence);
      if ((await this.load(name))?.version !== expected) throw conflict(name);
    };
    await guard();
    await this.#assertOwnFiles(name, files);
    await ensureFolder(ports.fs, files.folder, 0o700);
    await sidecar.prepare();
    const set = await commits.begin(subject + files.base);
    try {
      await this.#stage(set, files, name, version);
      await set.commit(guard);
    } catch (error) {
      await set.discard();
      throw error;
    }
    const current = await this.load(name);
    if (current?.facts.fingerprint !== version.facts.fingerprint) throw overtaken(name);
    return current;
  }

  async recover(name: string, fence: Fence): Promise<void> {
    const { commits, layout, locks } = this.#options;
    await locks.check(fence);
    const files = layout.certificate(name);
    await commits.recover(subject + files.base, [...this.#lookPaths(files), files.issuer, files.pem]);
  }

  async due(before: Date, limit: number): Promise<readonly string[]> {
    const all = await mapAll(await this.list(), new Semaphore(atOnce), (name) => this.#loadOrWarn(name));
    return all
      .filter((found) => found !== undefined)
      .filter(({ facts }) => facts.notAfter < before)
      .sort((a, b) => a.facts.notAfter.getTime() - b.facts.notAfter.getTime())
      .slice(0, limit)
      .map(({ name }) => name);
  }

  async #loadOrWarn(name: string): Promise<StoredCertificate | undefined> {
    try {
      return await this.load(name);
    } catch (error) {
      this.#options.ports.log.warn(`When ${name} is due cannot be told: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** The id in the file where it leads to this file; else (lego v4, other programs) the file's own name. */
  async #nameOf(base: string): Promise<string> {
    const { commits, layout, ports } = this.#options;
    try {
      const { json } = layout.certificate(base);
      const data = (await readIfExists(ports.fs, json)) ?? (await commits.read(subject + base, [json]))[0]?.data;
      const id = data === undefined ? '' : certificateId(data, json);
      return id !== '' && layout.certificate(id).base === base ? id : base;
    } catch {
      // Loading it will tell what is wrong.
      return base;
    }
  }

  /** For what another program wrote, or changed. */
  async #loadByParsing(name: string, files: CertificateFiles): Promise<StoredCertificate | undefined> {
    const { commits, sidecar } = this.#options;
    const look = lookOf(await commits.read(subject + files.base, this.#lookPaths(files)));
    if (look.json.data === undefined) return undefined;
    certificateId(look.json.data, files.json);
    const known = await this.#parse(files, look);
    await sidecar.keepFacts(files.base, known);
    return stored(name, known, look.record.data && (await sidecar.decode(look.record.data)));
  }

  async #parse(files: CertificateFiles, look: Look<FileContent>): Promise<CachedFacts> {
    if (look.crt.data === undefined) throw missing(files);
    const { readCertificate } = await import('../../pki/index.ts');
    const certificate = await this.#orCorrupt(files.crt, look.crt.data, readCertificate);
    const key = look.key.data && (await readStoredKey(files.key, fromUtf8(look.key.data)));
    const hasKey = key?.signer.publicKey.equals(certificate.publicKey) ?? false;
    if (key !== undefined && !hasKey) {
      this.#options.ports.log.warn(`${files.key} is not the key of ${files.crt}: it is not used`);
    }
    return { marks: marksOfLook(look), facts: certificateFacts(certificate), hasKey };
  }

  async #orCorrupt<T>(path: string, data: Uint8Array, read: (text: string) => T): Promise<T> {
    try {
      return read(fromUtf8(data));
    } catch (cause) {
      throw new EversealError('corrupt', `${path} cannot be understood: ${messageOf(cause)}`, {
        next: 'Restore the file from a backup, or remove it and the .json file beside it: a new certificate is obtained then.',
        cause,
      });
    }
  }

  /** In the order of installing: the key first, and lego's mark of existence after all else of lego's. */
  async #stage(set: StagedSet, files: CertificateFiles, name: string, version: CertificateVersion): Promise<void> {
    const { origin, sidecar, ports } = this.#options;
    const { chain, key, facts, requested, omitted } = version;
    const add = (path: string, data: Uint8Array) => set.add({ path, data, mode: 0o600 });
    const keyStat = key === undefined ? await ports.fs.stat(files.key) : await add(files.key, utf8(key.reveal()));
    const crt = await add(files.crt, utf8(chain));
    await add(files.issuer, utf8(issuerPart(chain)));
    if (key !== undefined && (await this.#wantsPem(files))) await add(files.pem, utf8(chain + key.reveal()));
    const json = await add(files.json, certificateJson(name, version, origin ?? 'command'));
    // A key that is there but was not given (a CSR): whether it is the certificate's, only parsing tells.
    const marks = key === undefined && keyStat !== undefined ? '' : marksOf([json, crt, keyStat]);
    const record: CertificateRecord = { marks, facts, hasKey: key !== undefined, requested, omitted };
    await add(sidecar.recordPath(files.base), sidecar.encode(record));
  }

  async #wantsPem(files: CertificateFiles): Promise<boolean> {
    return this.#options.pem === true || (await this.#options.ports.fs.stat(files.pem)) !== undefined;
  }

  /** `NAME.issuer.crt` is a file of both NAME and NAME.issuer. */
  async #assertOwnFiles(name: string, { folder, base }: CertificateFiles): Promise<void> {
    const ending = '.issuer';
    const other = base.endsWith(ending) ? base.slice(0, -ending.length) : `${base}${ending}`;
    if ((await this.#options.ports.fs.stat(`${folder}/${other}.json`)) === undefined) return;
    throw new EversealError('bad-identifier', `The certificates ${name} and ${other} would share a file`, {
      next: 'Give one of them another name with --cert.name.',
    });
  }

  #lookPaths(files: CertificateFiles): readonly string[] {
    return [files.json, files.crt, files.key, this.#options.sidecar.recordPath(files.base)];
  }
}
