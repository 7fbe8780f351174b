import { accounts } from './accounts.testing.ts';
import { givenKeys } from './given-keys.testing.ts';
import { orderProgress } from './order-progress.testing.ts';
import { orders } from './orders.testing.ts';
import { revocations } from './revocations.testing.ts';
import { judgeAll } from './verdict.testing.ts';

for (const table of [accounts, givenKeys, orders, orderProgress, revocations]) judgeAll(table);
