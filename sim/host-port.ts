import type { Host, ProcessIdentity } from '../src/core/index.ts';
import type { SimProcess } from './process.ts';

export function hostPort(process: SimProcess): Host {
  const { machine } = process;
  const own: ProcessIdentity = {
    bootId: machine.bootId,
    pidNamespace: machine.pidNamespace,
    pid: process.pid,
    startTime: process.startTime,
  };
  return {
    platform: 'linux',
    architecture: 'x64',
    identity: () => process.step(async () => own),
    isAlive: (other) =>
      process.step(async () => {
        if (other.bootId !== own.bootId || other.pidNamespace !== own.pidNamespace) return 'unknown';
        const found = machine.processes.find((candidate) => candidate.pid === other.pid);
        return found?.startTime === other.startTime ? 'alive' : 'dead';
      }),
  };
}
