import { contentTypes } from './content-types.testing.ts';
import { directories } from './directories.testing.ts';
import { nonces } from './nonces.testing.ts';
import { redirects } from './redirects.testing.ts';
import { judgeAll } from './verdict.testing.ts';

for (const table of [contentTypes, directories, nonces, redirects]) judgeAll(table);
