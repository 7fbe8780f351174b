import { accountsConformance } from '../engine/accounts.conformance.ts';
import { certificatesConformance } from '../engine/certificates.conformance.ts';
import { journalConformance } from '../engine/journal.conformance.ts';
import { locksConformance } from '../engine/locks.conformance.ts';
import { stateConformance } from '../engine/state.conformance.ts';
import { FileJournal, FileLocks, FileState, memoryStores, StateFolder } from './index.ts';
import { TestWorld } from './test-world.testing.ts';

const folder = '/srv/tree/.everseal';

journalConformance('FileJournal', async () => {
  const world = new TestWorld();
  const make = () => {
    const process = world.boot();
    return new FileJournal(process, new StateFolder(process, folder));
  };
  return { journal: make(), other: make() };
});

stateConformance('FileState', async () => {
  const world = new TestWorld();
  const make = () => {
    const process = world.boot();
    return new FileState(process, new StateFolder(process, folder));
  };
  return { state: make(), other: make() };
});

locksConformance('FileLocks', async () => {
  const world = new TestWorld();
  const make = () => {
    const process = world.boot();
    return new FileLocks(process, new StateFolder(process, folder));
  };
  return { locks: make(), other: make(), advance: world.advance };
});

async function memory() {
  const world = new TestWorld();
  const { certificates, accounts, journal, locks, state } = memoryStores(world.boot());
  return {
    certificates,
    accounts,
    journal,
    locks,
    state,
    other: { certificates, accounts, journal, locks, state },
    world,
  };
}

certificatesConformance('MemoryStores', async () => {
  const { certificates, locks } = await memory();
  return { certificates, locks, other: certificates };
});
accountsConformance('MemoryStores', async () => {
  const { accounts, locks } = await memory();
  return { accounts, other: accounts, locks };
});
journalConformance('MemoryStores', async () => {
  const { journal } = await memory();
  return { journal, other: journal };
});
locksConformance('MemoryStores', async () => {
  const { locks, world } = await memory();
  return { locks, other: locks, advance: world.advance };
});
stateConformance('MemoryStores', async () => {
  const { state } = await memory();
  return { state, other: state };
});
