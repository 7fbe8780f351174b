import { authorizations } from './authorizations.testing.ts';
import { certificates } from './certificates.testing.ts';
import { judgeAll } from './verdict.testing.ts';

for (const table of [authorizations, certificates]) judgeAll(table);
