import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConformanceWorld, portsConformance } from '../core/ports.conformance.ts';
import { nodePorts } from './index.ts';

const echo = `
for (const argument of process.argv.slice(1)) console.log(argument);
console.error(process.env.GREETING ?? '');
console.error(process.cwd());
process.stdin.pipe(process.stdout);
`;

function script(text: string): ConformanceWorld['programs']['echo'] {
  return [process.execPath, '-e', text, '--'];
}

portsConformance('the ports on this machine', async () => {
  const temporaryFolder = await realpath(await mkdtemp(join(tmpdir(), 'everseal-')));
  return {
    ports: nodePorts({ env: {} }),
    temporaryFolder,
    address: '127.0.0.1',
    programs: {
      echo: script(echo),
      fail: script('process.exitCode = 3'),
      hang: script('console.log("ready"); setInterval(() => {}, 1e6)'),
    },
    finish: () => rm(temporaryFolder, { recursive: true, force: true }),
    run: (work) => work(),
  };
});
