import {
  EversealError,
  folderOf,
  fromUtf8,
  listIfExists,
  type Ports,
  readIfExists,
  replaceFile,
  utf8,
} from '../core/index.ts';
import type { Journal, JournalEntry, JournalRecord } from '../engine/index.ts';
import { fileNameOf } from './file-name.ts';
import { type JournalText, journalHeader, journalLine, readJournalText } from './journal-text.ts';
import type { StateFolder } from './state-folder.ts';
import { removeStaleTemporaries } from './temporary-files.ts';

type JournalPorts = Pick<Ports, 'fs' | 'random' | 'clock'>;

/**
 * Operations under way: one file each, `ID~SUBJECT.jsonl`, a line a record. Each record is appended and synced; the file
 * is readable by its owner only, so that it may hold keys.
 *
 * A record whose `append` failed may still be seen by a later process (the write may have gone through without its
 * confirmation); it is never seen in part.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { nodePorts } from 'everseal/node';
 * import { FileJournal, StateFolder } from 'everseal/store';
 * const ports = nodePorts();
 * const journal = new FileJournal(ports, new StateFolder(ports, await mkdtemp(`${tmpdir()}/journal-`)));
 * const entry = await journal.begin('certificate/example.com', { step: 'order', url: 'https://ca.test/order/1' });
 * await entry.append({ step: 'finalized' });
 * console.log((await journal.unfinished()).length); // 1
 * await entry.close();
 * ```
 */
export class FileJournal implements Journal {
  readonly #ports: JournalPorts;
  readonly #folder: StateFolder;
  #last = 0;

  constructor(ports: JournalPorts, folder: StateFolder) {
    this.#ports = ports;
    this.#folder = folder;
  }

  async begin(subject: string, record: JournalRecord): Promise<JournalEntry> {
    const folder = await this.#folder.writable('journal');
    const id = this.#nextId();
    const path = `${folder}/${id}~${fileNameOf(subject)}.jsonl`;
    const text = journalHeader(subject) + journalLine(record);
    await replaceFile(this.#ports, path, utf8(text), 0o600);
    return new FileJournalEntry(this.#ports, { id, path, subject, records: [record], torn: false });
  }

  async unfinished(subject?: string): Promise<readonly JournalEntry[]> {
    await this.#folder.assertKnown();
    const folder = this.#folder.below('journal');
    const names = await listIfExists(this.#ports.fs, folder);
    if (subject === undefined) await removeStaleTemporaries(this.#ports, folder, names);
    const ending = subject === undefined ? '.jsonl' : `~${fileNameOf(subject)}.jsonl`;
    const entries: FileJournalEntry[] = [];
    for (const name of names.filter((found) => found.endsWith(ending) && !found.startsWith('.'))) {
      const entry = await this.#read(`${folder}/${name}`, name.split('~', 1)[0] ?? name);
      if (entry !== undefined && (subject === undefined || entry.subject === subject)) entries.push(entry);
    }
    if (subject !== undefined && entries.length > 0) await this.#secure(folder, entries);
    return entries;
  }

  /** Whoever wrote them may have died before they were safe. What is read here is built on, so it must outlive a power cut. */
  async #secure(folder: string, entries: readonly FileJournalEntry[]): Promise<void> {
    await Promise.all(entries.map((entry) => entry.sync()));
    await this.#ports.fs.sync(folder);
  }

  async #read(path: string, id: string): Promise<FileJournalEntry | undefined> {
    const content = await readIfExists(this.#ports.fs, path);
    const text = content && readJournalText(fromUtf8(content), path);
    return text && new FileJournalEntry(this.#ports, { id, path, ...text });
  }

  /** Ordered by wall clock; within this process also when the clock stands still or goes back. */
  #nextId(): string {
    this.#last = Math.max(this.#last + 1, this.#ports.clock.now().getTime());
    const unique = Buffer.from(this.#ports.random.bytes(6)).toString('hex');
    return `${String(this.#last).padStart(15, '0')}-${unique}`;
  }
}

interface EntryFile extends JournalText {
  readonly id: string;
  readonly path: string;
}

class FileJournalEntry implements JournalEntry {
  readonly id: string;
  readonly subject: string;
  readonly #ports: JournalPorts;
  readonly #path: string;
  #records: readonly JournalRecord[];
  /** Something half-written stands at the end of the file: the next write replaces the whole. */
  #torn: boolean;
  #closed = false;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(ports: JournalPorts, file: EntryFile) {
    this.#ports = ports;
    this.#path = file.path;
    this.id = file.id;
    this.subject = file.subject;
    this.#records = file.records;
    this.#torn = file.torn;
  }

  get records(): readonly JournalRecord[] {
    return this.#records;
  }

  sync(): Promise<void> {
    return this.#inTurn(() => this.#ports.fs.sync(this.#path));
  }

  append(record: JournalRecord): Promise<void> {
    return this.#inTurn(() => this.#append(record));
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#closed = true;
      await this.#ports.fs.remove(this.#path);
      await this.#ports.fs.sync(folderOf(this.#path));
    });
  }

  async #append(record: JournalRecord): Promise<void> {
    if (this.#closed) throw new TypeError('the operation is closed already');
    // Appending would make a new file.
    if ((await this.#ports.fs.stat(this.#path)) === undefined) throw takenOver(this.subject);
    const records = [...this.#records, record];
    if (this.#torn) await this.#rewrite(records);
    else await this.#write(journalLine(record));
    this.#records = records;
  }

  async #write(line: string): Promise<void> {
    this.#torn = true;
    await this.#ports.fs.append(this.#path, utf8(line), { mode: 0o600 });
    await this.#ports.fs.sync(this.#path);
    this.#torn = false;
  }

  async #rewrite(records: readonly JournalRecord[]): Promise<void> {
    const text = journalHeader(this.subject) + records.map(journalLine).join('');
    await replaceFile(this.#ports, this.#path, utf8(text), 0o600);
    this.#torn = false;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => undefined);
    return done;
  }
}

function takenOver(subject: string): EversealError {
  return new EversealError('stale-lease', `The operation on ${subject} was finished by another process`, {
    next: 'Run the command again.',
  });
}
