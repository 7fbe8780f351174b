#!/usr/bin/env node
// Runs everything that needs nothing but Node. Arguments go to vitest: `npm test -- sim`.
import { close } from './lib/summary.mjs';
import { runVitest } from './lib/vitest.mjs';

close(await runVitest(process.argv.slice(2)));
