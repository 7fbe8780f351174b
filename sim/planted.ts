/**
 * Defects that the simulation must catch: the proof that it can fail. Each is built into one client of one life, at a port
 * or at a store, as a careless change of the product might.
 */
import type { Solver } from '../src/challenges/index.ts';
import type { Ports } from '../src/core/index.ts';
import type { DnsProvider, TxtRecord } from '../src/dns/index.ts';
import type { JournalEntry, JournalRecord, Lease, Stores } from '../src/engine/index.ts';
import { strangers } from './name-service.ts';
import { replacing } from './replacing.ts';

export interface Defect {
  readonly what: string;
  /** The life that shows it. */
  readonly life: string;
  readonly ports?: (ports: Ports) => Ports;
  readonly stores?: (stores: Stores) => Stores;
  readonly solver?: (solver: Solver) => Solver;
  readonly provider?: (provider: DnsProvider) => DnsProvider;
  /** Effects near which it shows, by their names in the trace: looked at first. */
  readonly near?: RegExp;
}

export const planted: Readonly<Record<string, Defect>> = {
  'no-sync': {
    what: 'files are never synced',
    life: 'first issuance',
    ports: (ports) => withDisk(ports, { sync: async () => undefined }),
  },
  'no-folder-sync': {
    what: 'new names are never synced: only contents are',
    life: 'first issuance',
    ports: (ports) =>
      withDisk(ports, {
        sync: async (path) => {
          const stat = await ports.fs.stat(path);
          if (stat?.kind !== 'folder') await ports.fs.sync(path);
        },
      }),
  },
  'rename-by-copy': {
    what: 'a file is replaced by writing into it instead of by renaming',
    life: 'renewal',
    ports: (ports) =>
      withDisk(ports, {
        rename: async (from, to) => {
          const stat = await ports.fs.stat(from);
          await ports.fs.write(to, await ports.fs.read(from), { mode: stat?.mode ?? 0o600 });
          await ports.fs.remove(from);
        },
      }),
  },
  'account-key-late': {
    what: 'the account key is stored only after the CA answered',
    life: 'first issuance',
    stores: (stores) => ({
      ...stores,
      accounts: replacing(stores.accounts, {
        save: async (account) => {
          if (account.registration !== undefined) await stores.accounts.save(account);
        },
      }),
    }),
  },
  'certificate-key-late': {
    what: 'the certificate key is not in the journal before finalize',
    life: 'first issuance',
    stores: (stores) => withJournal(stores, (record) => record.step !== 'certificate-key'),
  },
  'order-not-resumed': {
    what: 'what the journal holds is never looked at',
    life: 'first issuance',
    stores: (stores) => ({ ...stores, journal: replacing(stores.journal, { unfinished: async () => [] }) }),
  },
  'rollover-not-recorded': {
    what: 'the new account key is not in the journal before the CA hears of it',
    life: 'key rollover',
    near: /key-change/,
    stores: (stores) => {
      const begin: Stores['journal']['begin'] = async (subject, record) =>
        record.step === 'new-account-key' ? forgetful(subject, record) : stores.journal.begin(subject, record);
      return { ...stores, journal: replacing(stores.journal, { begin }) };
    },
  },
  'lock-always-free': {
    what: 'the lock is never looked at',
    life: 'two processes',
    stores: (stores) =>
      withoutFence(
        { ...stores, locks: replacing(stores.locks, { tryAcquire: async (name) => freeLease(name) }) },
        stores,
      ),
  },
  'fence-ignored': {
    what: 'a process that lost its lock commits all the same',
    life: 'lost lease',
    stores: (stores) =>
      withoutFence(
        { ...stores, locks: replacing(stores.locks, { tryAcquire: (name) => unawareLease(stores, name) }) },
        stores,
      ),
  },
  'failures-forgotten': {
    what: 'failures are not kept, so that a timer asks the CA again and again',
    life: 'busy timer',
    stores: (stores) => ({
      ...stores,
      state: replacing(stores.state, {
        put: async (key, value) => {
          if (!key.startsWith('failures/')) await stores.state.put(key, value);
        },
      }),
    }),
  },
  'cleanup-skipped': {
    what: 'challenge answers are never removed',
    life: 'two processes',
    solver: (solver) => replacing(solver, { cleanup: async () => undefined }),
  },
  'cleanup-forgotten': {
    what: 'answers of a process that died are not in the journal',
    life: 'two processes',
    near: /challenge/,
    stores: (stores) => withJournal(stores, (record) => record.step !== 'intents'),
  },
  'dns-intents-forgotten': {
    what: 'TXT records are written before the journal knows of them',
    life: 'dns wildcard',
    near: /exchangeDns|challenge/,
    stores: (stores) => withJournal(stores, (record) => record.step !== 'intents'),
  },
  'dns-clobbered': {
    what: 'a TXT record is written over those of strangers instead of beside them',
    life: 'dns wildcard',
    provider: (provider) =>
      replacing(provider, {
        add: async (records, signal) => {
          await provider.remove(strangersAt(records), signal);
          return provider.add(records, signal);
        },
      }),
  },
  'dns-cleanup-by-name': {
    what: 'all TXT records of a name are removed instead of the own ones',
    life: 'dns wildcard',
    provider: (provider) =>
      replacing(provider, {
        remove: (own, signal) => provider.remove([...own, ...strangersAt(own.map(({ record }) => record))], signal),
      }),
  },
  'dns-lock-not-held': {
    what: 'two processes read and write one RRset without a lock',
    life: 'dns shared rrset',
    solver: (solver) => replacing(solver, { locks: () => [] }),
  },
  'dns-not-awaited': {
    what: 'the CA is asked to look before all servers show the record',
    life: 'dns wildcard',
    solver: (solver) => replacing(solver, { wait: async () => undefined }),
  },
  'key-in-log': {
    what: 'a private key is logged',
    life: 'first issuance',
    ports: (ports) => ({
      ...ports,
      keys: {
        generate: async (algorithm, signal) => {
          const key = await ports.keys.generate(algorithm, signal);
          ports.log.debug('made a key', { pem: key.pkcs8?.reveal() });
          return key;
        },
      },
    }),
  },
};

/** The strangers' records at the names of these. */
function strangersAt(records: readonly TxtRecord[]): readonly { readonly record: TxtRecord }[] {
  return strangers.flatMap((value) => records.map((record) => ({ record: { ...record, value } })));
}

function withDisk(ports: Ports, changed: Partial<Ports['fs']>): Ports {
  return { ...ports, fs: replacing(ports.fs, changed) };
}

/** Keeps only the records that pass; the others are lost without a word. */
function withJournal(stores: Stores, keep: (record: JournalRecord) => boolean): Stores {
  const watched = (entry: JournalEntry): JournalEntry =>
    replacing(entry, {
      append: async (record) => {
        if (keep(record)) await entry.append(record);
      },
    });
  const journal = replacing(stores.journal, {
    begin: async (subject, record) => watched(await stores.journal.begin(subject, record)),
    unfinished: async (subject) => (await stores.journal.unfinished(subject)).map(watched),
  });
  return { ...stores, journal };
}

/** An entry that was never written. */
function forgetful(subject: string, record: JournalRecord): JournalEntry {
  return { id: 'nowhere', subject, records: [record], append: async () => undefined, close: async () => undefined };
}

/** Commits look at neither the fence nor at what is current. `real` are the stores that the changed ones were made of. */
function withoutFence(changed: Stores, real: Stores): Stores {
  Object.assign(real.locks, { check: async () => undefined });
  return {
    ...changed,
    certificates: replacing(real.certificates, {
      commit: async (name, version, _expected, fence) =>
        real.certificates.commit(name, version, (await real.certificates.load(name))?.version, fence),
    }),
  };
}

/** A lease that never notices that it was lost. */
async function unawareLease(stores: Stores, name: string): Promise<Lease | undefined> {
  const lease = await stores.locks.tryAcquire(name);
  return lease && replacing(lease, { renew: async () => undefined });
}

function freeLease(lock: string): Lease {
  return { fence: { lock, number: 1 }, renew: async () => undefined, release: async () => undefined };
}
