// Which folder of src/ may import which: one table, from which the rules are made. `core` is allowed to all.
// `name:types` allows `import type` only. Tests and test suites (see `suite`) may also import sim, node and ca.
const table = {
  core: [],
  argv: [],
  pki: [],
  cloud: [],
  acme: ['pki'],
  dns: [],
  providers: ['dns', 'cloud', 'pki'],
  challenges: ['acme:types', 'dns', 'pki', 'cloud'],
  engine: ['acme', 'challenges:types', 'pki'],
  store: ['engine', 'pki', 'cloud'],
  webservers: ['challenges:types', 'engine:types'],
  ca: ['pki', 'dns'],
  gateway: ['engine', 'challenges', 'pki'],
  'faces/lego': ['argv', 'engine', 'store', 'pki', 'acme:types', 'dns:types', 'challenges', 'webservers'],
  'faces/certbot': ['argv', 'engine', 'store', 'pki', 'acme:types', 'dns:types', 'challenges', 'webservers'],
  'faces/traefik': ['argv', 'engine', 'store', 'pki', 'acme:types', 'dns:types', 'challenges', 'webservers', 'gateway'],
  node: [],
};
/** They join everything. */
const joiners = ['entry', 'cli'];

/** Packages that would go around a port, and the only folders that may know them. */
const libraries = {
  undici: ['node'],
  '@hono/node-server': ['node'],
  '@clack/prompts': ['node', 'cli'],
};

/** Folders whose single files may be loaded: who only signs does not load ASN.1. */
const openFolders = ['pki'];

const suite = '\\.(test|conformance|testing)\\.ts$';
const testFolders = ['sim', 'src/node', 'src/ca'];

const folders = Object.keys(table);
const inFolder = (names) => `^src/(${names.join('|')})/`;
const allowed = (name, kind) =>
  table[name]
    .filter((entry) => (kind === 'types' ? true : !entry.endsWith(':types')))
    .map((entry) => entry.split(':')[0]);

const importRules = folders.flatMap((name) => {
  const own = [name, 'core'];
  const values = inFolder([...own, ...allowed(name, 'values')]);
  const types = inFolder([...own, ...allowed(name, 'types')]);
  const tests = testFolders.map((folder) => `^${folder}/`);
  return [
    {
      name: `imports of ${name}`,
      severity: 'error',
      comment: `src/${name} may import core${allowed(name, 'types')
        .map((other) => `, ${other}`)
        .join('')}: see the table.`,
      from: { path: inFolder([name]), pathNot: suite },
      to: { path: '^(src|sim|interop|bench|examples|scripts)/', pathNot: types },
    },
    {
      name: `values of ${name}`,
      severity: 'error',
      comment: 'Only types may come from there.',
      from: { path: inFolder([name]), pathNot: suite },
      to: { path: types, pathNot: values, dependencyTypesNot: ['type-only'] },
    },
    {
      name: `imports of ${name}'s tests`,
      severity: 'error',
      comment: 'Tests may import what their folder may, and sim, node, ca.',
      from: { path: `${inFolder([name])}.*${suite}` },
      to: { path: '^(src|sim|interop|bench|examples|scripts)/', pathNot: [types, ...tests] },
    },
  ];
});

const libraryRules = Object.entries(libraries).map(([library, owners]) => ({
  name: `owners of ${library}`,
  severity: 'error',
  comment: `Only ${owners.join(' and ')} may load ${library}; everything else has the ports.`,
  from: { path: '^src/', pathNot: inFolder(owners) },
  to: { path: `node_modules/${library}/` },
}));

module.exports = {
  forbidden: [
    ...importRules,
    ...libraryRules,
    {
      name: 'no circle',
      severity: 'error',
      comment: 'Modules that need each other at run time are one module, or need a third.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'folder in the table',
      severity: 'error',
      comment: 'A new folder under src/ starts with its line in the table.',
      from: { path: '^src/', pathNot: inFolder([...folders, ...joiners]) },
      to: {},
    },
    {
      name: 'front door',
      severity: 'error',
      comment:
        "Another folder's values come through its index.ts; cli and entry may load single files, to load little.",
      from: { path: `^src/(${folders.join('|')})/`, pathNot: suite },
      to: {
        path: `^src/(${folders.join('|')})/`,
        pathNot: ['^src/$1/', '/index\\.ts$', suite, inFolder(openFolders)],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'product without tools',
      severity: 'error',
      comment: 'What ships needs dependencies, not devDependencies.',
      from: { path: '^src/', pathNot: suite },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no missing module',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^everseal(/|$)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.cache)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
