import { EversealError, type Ports } from '../core/index.ts';
import type {
  AccountKey,
  AccountStore,
  CertificateMaterial,
  CertificateStore,
  CertificateVersion,
  Fence,
  Journal,
  JournalEntry,
  JournalRecord,
  Lease,
  Locks,
  StateStore,
  StoredAccount,
  StoredCertificate,
  Stores,
} from '../engine/index.ts';

/**
 * All stores in this process's memory: for a program that keeps its certificates elsewhere, and for tests.
 *
 * @param options.leaseMs how long a lock lasts without renewal; default one minute
 *
 * @example
 * ```ts
 * import { nodePorts } from 'everseal/node';
 * import { memoryStores } from 'everseal/store';
 * const stores = memoryStores(nodePorts());
 * console.log(await stores.certificates.list()); // []
 * ```
 */
export function memoryStores(ports: Pick<Ports, 'clock'>, options: { readonly leaseMs?: number } = {}): Stores {
  const locks = new MemoryLocks(ports, options.leaseMs ?? 60_000);
  return {
    locks,
    certificates: new MemoryCertificates(locks),
    accounts: new MemoryAccounts(locks),
    journal: new MemoryJournal(),
    state: new MemoryState(),
  };
}

class MemoryCertificates implements CertificateStore {
  readonly #locks: Locks;
  readonly #current = new Map<string, { readonly stored: StoredCertificate; readonly material: CertificateMaterial }>();
  #commits = 0;

  constructor(locks: Locks) {
    this.#locks = locks;
  }

  async load(name: string): Promise<StoredCertificate | undefined> {
    return this.#current.get(name)?.stored;
  }

  async read(name: string): Promise<CertificateMaterial | undefined> {
    return this.#current.get(name)?.material;
  }

  async list(): Promise<readonly string[]> {
    return [...this.#current.keys()].sort();
  }

  async commit(name: string, version: CertificateVersion, expected: string | undefined, fence: Fence) {
    await this.#locks.check(fence);
    if (this.#current.get(name)?.stored.version !== expected) {
      throw new EversealError('conflict', `The certificate ${name} was changed in between`, { next: 'Try again.' });
    }
    const { chain, key, facts, requested, omitted } = version;
    this.#commits += 1;
    const stored = { name, version: `${this.#commits}`, facts, requested, omitted, hasKey: key !== undefined };
    this.#current.set(name, { stored, material: { chain, key } });
    return stored;
  }

  async recover(_name: string, fence: Fence): Promise<void> {
    await this.#locks.check(fence);
  }

  async due(before: Date, limit: number): Promise<readonly string[]> {
    return [...this.#current.values()]
      .map(({ stored }) => stored)
      .filter(({ facts }) => facts.notAfter < before)
      .sort((a, b) => a.facts.notAfter.getTime() - b.facts.notAfter.getTime())
      .slice(0, limit)
      .map(({ name }) => name);
  }
}

class MemoryAccounts implements AccountStore {
  readonly #locks: Locks;
  readonly #accounts = new Map<string, StoredAccount>();

  constructor(locks: Locks) {
    this.#locks = locks;
  }

  async load(account: AccountKey): Promise<StoredAccount | undefined> {
    return this.#accounts.get(accountText(account));
  }

  async list(): Promise<readonly AccountKey[]> {
    return [...this.#accounts.values()].map(({ directory, id }) => ({ directory, id }));
  }

  async save(account: StoredAccount, fence?: Fence): Promise<void> {
    if (fence !== undefined) await this.#locks.check(fence);
    this.#accounts.set(accountText(account), account);
  }
}

function accountText({ directory, id }: AccountKey): string {
  return JSON.stringify([directory, id]);
}

class MemoryJournal implements Journal {
  readonly #entries = new Map<string, JournalEntry>();
  #begun = 0;

  async begin(subject: string, record: JournalRecord): Promise<JournalEntry> {
    this.#begun += 1;
    const id = String(this.#begun).padStart(15, '0');
    const records: JournalRecord[] = [copy(record)];
    const entries = this.#entries;
    const entry: JournalEntry = {
      id,
      subject,
      get records() {
        return [...records];
      },
      async append(added) {
        if (!entries.has(id)) throw new TypeError('the operation is closed already');
        records.push(copy(added));
      },
      async close() {
        entries.delete(id);
      },
    };
    entries.set(id, entry);
    return entry;
  }

  async unfinished(subject?: string): Promise<readonly JournalEntry[]> {
    return [...this.#entries.values()].filter((entry) => subject === undefined || entry.subject === subject);
  }
}

interface Holding {
  readonly number: number;
  /** On the steady clock. */
  expires: number;
  released: boolean;
}

/** One process: its steady clock is everyone's. */
class MemoryLocks implements Locks {
  readonly leaseMs: number;
  readonly #ports: Pick<Ports, 'clock'>;
  readonly #holdings = new Map<string, Holding>();

  constructor(ports: Pick<Ports, 'clock'>, leaseMs: number) {
    this.#ports = ports;
    this.leaseMs = leaseMs;
  }

  async tryAcquire(lock: string): Promise<Lease | undefined> {
    const current = this.#holdings.get(lock);
    if (current !== undefined && !current.released && current.expires > this.#ports.clock.monotonic()) return undefined;
    const number = (current?.number ?? 0) + 1;
    const holding: Holding = { number, expires: this.#expiry(), released: false };
    this.#holdings.set(lock, holding);
    const fence = { lock, number };
    return {
      fence,
      renew: async () => {
        await this.check(fence);
        if (holding.released) throw staleLease(lock);
        holding.expires = this.#expiry();
      },
      release: async () => {
        holding.released = true;
      },
    };
  }

  async check({ lock, number }: Fence): Promise<void> {
    if (this.#holdings.get(lock)?.number !== number) throw staleLease(lock);
  }

  #expiry(): number {
    return this.#ports.clock.monotonic() + this.leaseMs;
  }
}

function staleLease(lock: string): EversealError {
  return new EversealError('stale-lease', `The lock ${lock} was taken over`, { next: 'Try again.' });
}

class MemoryState implements StateStore {
  readonly #values = new Map<string, unknown>();

  async get(key: string): Promise<unknown> {
    return copy(this.#values.get(key));
  }

  async put(key: string, value: unknown): Promise<void> {
    this.#values.set(key, copy(value));
  }

  async delete(key: string): Promise<void> {
    this.#values.delete(key);
  }
}

/** As a trip to a disk and back would give it. */
function copy<T>(value: T): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}
