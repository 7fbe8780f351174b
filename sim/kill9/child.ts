/** The process that is killed: it tells one story on a real disk, and kills itself at the point that it was told. */
import { writeSync } from 'node:fs';
import type { Ports } from '../../src/core/index.ts';
import { nodePorts } from '../../src/node/index.ts';
import { planted } from '../planted.ts';
import { type Line, readTask } from './message.ts';
import { realHands } from './real-hands.ts';
import { type KillPoint, samePoint, watchSteps } from './steps.ts';
import { storyOf } from './story.ts';

const standardOutput = 1;

/** Synchronously: nothing that was said is lost with the process. */
function say(line: Line): void {
  writeSync(standardOutput, `${JSON.stringify(line)}\n`);
}

function sayWhereItListens(ports: Ports): Ports {
  const { net } = ports;
  return {
    ...ports,
    net: {
      ...net,
      serveHttp: async (options) => {
        const listener = await net.serveHttp(options);
        for (const { port } of listener.addresses) say({ is: 'listening', port });
        return listener;
      },
    },
  };
}

const task = readTask(process.argv[2] ?? '');

function comeTo(point: KillPoint): void {
  say({ is: 'point', point });
  if (task.kill !== undefined && samePoint(task.kill, point)) process.kill(process.pid, 'SIGKILL');
}

const ports = watchSteps(sayWhereItListens(nodePorts({ env: {} })), task, comeTo);
const defect = task.planted === undefined ? undefined : planted[task.planted];
const events = ({ type }: { readonly type: string }): void => say({ is: 'event', type });
await storyOf(task.story).work(realHands({ ...task, ports, events, wrapStores: defect?.stores }));
