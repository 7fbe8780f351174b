/** Records held by an acme-dns server. */
import { EversealError } from '../core/index.ts';
import {
  canonicalName,
  type DnsProvider,
  type ProviderContext,
  type ProviderLock,
  type TxtRecord,
} from '../dns/index.ts';
import { AccountFinder } from './acmedns-accounts.ts';
import { AcmeDnsApi } from './acmedns-api.ts';
import { httpStorage } from './acmedns-http-storage.ts';
import { refuseOtherValues, SlotWriter } from './acmedns-slots.ts';
import { type AccountStorage, fileStorage } from './acmedns-storage.ts';
import { type ExchangeTools, exchangeTools } from './http-exchange.ts';
import { fromFolder } from './working-path.ts';

/** @throws EversealError `usage` for addresses or networks that make no sense, or two storages; nothing is sent yet */
export function openAcmeDns(context: ProviderContext): DnsProvider {
  const { settings } = context;
  const tools = exchangeTools(context, 'acme-dns');
  const storage = storageOf(context, tools);
  const api = new AcmeDnsApi(context, tools);
  const accounts = new AccountFinder({ context, api, storage });
  const slots = new SlotWriter(api, context.ports.clock);
  return {
    code: 'acmedns',
    zones: 'not-needed',
    values: 'many',
    timing: {
      timeoutMs: settings.milliseconds('ACME_DNS_PROPAGATION_TIMEOUT', 60),
      intervalMs: settings.milliseconds('ACME_DNS_POLLING_INTERVAL', 2),
    },
    locks: (records) => locksOf(records, storage),
    add: async (records, signal) => {
      refuseOtherValues(records);
      await slots.write(await accounts.place(records, signal), signal);
      return records.map(() => ({}));
    },
    // The API has no call for it: the next values take the place of these.
    remove: async () => undefined,
  };
}

/** Two slots are enough for one order at a time: the values of a second would push those of the first out. */
function locksOf(records: readonly TxtRecord[], storage: AccountStorage): readonly ProviderLock[] {
  const names = new Set(records.map(({ name }) => canonicalName(name)));
  const slotLocks = [...names].map((name): ProviderLock => ({ key: `acmedns:${name}`, hold: 'order' }));
  return storage.lock === undefined ? slotLocks : [...slotLocks, { key: storage.lock, hold: 'write' }];
}

function storageOf(context: ProviderContext, tools: ExchangeTools): AccountStorage {
  const path = context.settings.text('ACME_DNS_STORAGE_PATH');
  const url = context.settings.text('ACME_DNS_STORAGE_BASE_URL');
  if (path !== undefined && url !== undefined)
    throw new EversealError('usage', 'acme-dns: ACME_DNS_STORAGE_PATH and ACME_DNS_STORAGE_BASE_URL are both set', {
      next: 'Unset the one that does not hold the accounts.',
    });
  if (url !== undefined) return httpStorage(tools, url);
  if (path !== undefined) return fileStorage(context.ports, fromFolder(context.workingFolder, path));
  throw new EversealError('usage', 'acme-dns: it is not said where the accounts are kept', {
    next: 'Set ACME_DNS_STORAGE_PATH to a file, or ACME_DNS_STORAGE_BASE_URL to a server.',
  });
}
