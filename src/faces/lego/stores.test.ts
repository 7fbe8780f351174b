import { accountsConformance } from '../../engine/accounts.conformance.ts';
import { certificatesConformance } from '../../engine/certificates.conformance.ts';
import { TestWorld } from '../../store/test-world.testing.ts';
import { legoStores } from './stores.ts';

function twoProcesses() {
  const world = new TestWorld();
  return [legoStores(world.boot(), { path: '/srv/lego' }), legoStores(world.boot(), { path: '/srv/lego' })] as const;
}

certificatesConformance('lego’s tree', async () => {
  const [one, two] = twoProcesses();
  return { certificates: one.certificates, locks: one.locks, other: two.certificates };
});

accountsConformance('lego’s tree', async () => {
  const [one, two] = twoProcesses();
  return { accounts: one.accounts, other: two.accounts, locks: one.locks };
});
