import { portsConformance } from '../src/core/ports.conformance.ts';
import type { Ports } from '../src/core/index.ts';
import type { Program } from './programs.ts';
import { World } from './world.ts';

const echo: Program = async ({ argv, env, cwd, input, print }) => {
  for (const argument of argv) print(`${argument}\n`);
  print(input);
  print(`${env.GREETING ?? ''}\n${cwd}\n`, 'stderr');
  return 0;
};

const hang: Program = async ({ print }) => {
  print('ready\n');
  return new Promise<number>(() => undefined);
};

portsConformance('the simulated world', async () => {
  const world = new World({ seed: 'conformance' });
  const machine = world.machine({ name: 'alpha', addresses: ['192.0.2.1'] });
  machine.programs.set('/bin/echo', echo);
  machine.programs.set('/bin/fail', async () => 3);
  machine.programs.set('/bin/hang', hang);
  machine.disk.createFolder('/tmp/test', 0o700);
  const ports = await new Promise<Ports>((resolve) => {
    world.boot({ machine, name: 'test', main: (given) => new Promise<void>(() => resolve(given)) });
  });
  return {
    ports,
    temporaryFolder: '/tmp/test',
    address: '192.0.2.1',
    programs: { echo: ['/bin/echo'], fail: ['/bin/fail'], hang: ['/bin/hang'] },
    finish: async () => undefined,
    run: (work) => world.drive(work()),
  };
});
