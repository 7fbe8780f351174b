import { bodies } from './bodies.testing.ts';
import { environments } from './environments.testing.ts';
import { renewalWindows } from './renewal-windows.testing.ts';
import { strings } from './strings.testing.ts';
import { transports } from './transports.testing.ts';
import { waiting } from './waiting.testing.ts';
import { judgeAll } from './verdict.testing.ts';

for (const table of [bodies, environments, renewalWindows, strings, transports, waiting]) judgeAll(table);
