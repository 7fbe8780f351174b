// What the checkers must find: each line is one forbidden thing, planted into a copy of the tree.

const value = (expression) => `export const planted = ${expression};\n`;

/** Planted as src/core/planted-N.ts: every one must be an error of the linter there. */
export const forbiddenLines = [
  value('Date.now()'),
  value('new Date()'),
  value('(now = new Date()) => now'),
  value('Date()'),
  value('[1].map(Date.now)'),
  value('Math.random()'),
  value('AbortSignal.timeout(1000)'),
  value('crypto.subtle'),
  value('setTimeout(() => undefined, 1)'),
  value('setInterval(() => undefined, 1)'),
  value('setImmediate(() => undefined)'),
  value('queueMicrotask(() => undefined)'),
  value("fetch('https://example.com')"),
  value('process.env'),
  value('globalThis'),
  value('performance.now()'),
  "import 'node:fs';\n",
  "import 'node:fs/promises';\n",
  "import 'fs';\n",
  "import 'node:net';\n",
  "import 'node:tls';\n",
  "import 'node:http';\n",
  "import 'node:https';\n",
  "import 'node:http2';\n",
  "import 'node:dns';\n",
  "import 'node:dgram';\n",
  "import 'node:child_process';\n",
  "import 'node:worker_threads';\n",
  "import 'node:timers/promises';\n",
  "import { randomBytes } from 'node:crypto';\n\nexport const planted = randomBytes;\n",
  'export const planted: any = 1;\n',
  'export const planted = (text?: string) => text!.length;\n',
];

/** Planted as src/core/innocent-N.ts: none may be an error. */
export const innocentLines = [
  value('new Date(5)'),
  'export const innocent = (date: Date) => date.getTime();\n',
  "import { createHash } from 'node:crypto';\n\nexport const innocent = createHash;\n",
  "export const innocent = (http: { fetch(url: string): string }) => http.fetch('x');\n",
];

/** In src/node the machine may be touched. */
export const innocentInNode = [value('Date.now()'), value('process.env'), "import 'node:fs';\n"];

/** What the planted imports lead to. */
export const importTargets = [
  ['src/core/planted-b.ts', "import './planted-a.ts';\n"],
  ['sim/planted-world.ts', 'export const planted = 1;\n'],
];

/** File, content, and the rule of .dependency-cruiser.cjs that must name the file. */
export const forbiddenImports = [
  ['src/core/planted.ts', "import '../engine/index.ts';\n", 'imports of core'],
  ['src/pki/planted.ts', "import type { x } from '../acme/index.ts';\nexport type y = typeof x;\n", 'imports of pki'],
  ['src/acme/planted.ts', "import '../../sim/planted-world.ts';\n", 'imports of acme'],
  ['src/acme/planted.test.ts', "import '../engine/index.ts';\n", "imports of acme's tests"],
  ['src/challenges/planted.ts', "import { x } from '../acme/index.ts';\nexport const y = x;\n", 'values of challenges'],
  ['src/store/planted-door.ts', "import '../engine/plan.ts';\n", 'front door'],
  ['src/core/planted-a.ts', "import './planted-b.ts';\n", 'no circle'],
  ['src/acme/planted-http.ts', "import 'undici';\n", 'owners of undici'],
  ['src/pki/planted-tool.ts', "import 'jose';\n", 'product without tools'],
  ['src/pki/planted-missing.ts', "import './no-such-file.ts';\n", 'no missing module'],
  ['src/novelty/planted.ts', "import '../core/index.ts';\n", 'folder in the table'],
];
