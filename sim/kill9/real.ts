/** A story told by real processes: each on the real disk, with a CA of this process on loopback, killed for real. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { EventSink, Ports } from '../../src/core/index.ts';
import { type RunningCa, startCa } from '../../src/entry/start-ca.ts';
import { nodePorts } from '../../src/node/index.ts';
import { type Course, caCounts, isTelling, plainFiles, witness } from './course.ts';
import { type Line, readLine, type Task } from './message.ts';
import { realHands } from './real-hands.ts';
import { caOptions } from './simulated.ts';
import { type KillPoint, type Setting, samePoint } from './steps.ts';
import type { Hands, Story } from './story.ts';

export interface RealOptions {
  readonly story: Story;
  /** The bundled child. */
  readonly program: string;
  readonly kill?: KillPoint;
  readonly planted?: string;
  /** What goes on after the kill: a process of its own, or, in less time, this one. */
  readonly successor?: 'process' | 'here';
}

export interface RealCourse {
  readonly course: Course;
  /** What the first process came to. */
  readonly points: readonly KillPoint[];
}

/** Milliseconds of real time after which a process is given up. */
const patienceMs = 30_000;

export async function tellForReal(options: RealOptions): Promise<RealCourse> {
  const tree = await realpath(await mkdtemp(join(tmpdir(), 'everseal-kill-')));
  const machine = new Surroundings();
  const ca = await startCa({
    ports: machine.ports,
    validation: { ...caOptions.validation, hosts: { '*': '127.0.0.1' } },
  });
  try {
    return await tellOn({ ...options, tree, ca, machine });
  } finally {
    await ca.close();
    await rm(tree, { recursive: true, force: true });
  }
}

/** The CA's ports: its clock can stand in the past, and port 80 of every name is where the latest client listens. */
class Surroundings {
  behindMs = 0;
  clientPort = 0;
  readonly ports: Ports;

  constructor() {
    const { clock, http, ...others } = nodePorts({ env: {} });
    this.ports = {
      ...others,
      clock: { ...clock, now: () => new Date(clock.now().getTime() - this.behindMs) },
      http: {
        request: (request) => http.request({ ...request, connectTo: { host: '127.0.0.1', port: this.clientPort } }),
      },
    };
  }
}

interface Scene extends RealOptions {
  readonly tree: string;
  readonly ca: RunningCa;
  readonly machine: Surroundings;
}

async function tellOn(scene: Scene): Promise<RealCourse> {
  const { story, kill, tree, ca, machine } = scene;
  const setting: Setting = { tree, authority: new URL(ca.directory).host };
  const files = async () => plainFiles(setting, await filesBelow(tree));
  if (story.past !== undefined) {
    machine.behindMs = story.past.ageMs;
    await workHere(scene, story.past.work);
    machine.behindMs = 0;
  }
  const first = await live(scene, setting, kill);
  const filesLeft = await files();
  // What the CA still looks at is settled before anybody answers again.
  await ca.ca.idle();
  const told = kill === undefined ? [first.told] : [first.told, await succeed(scene, setting)];
  const counts = caCounts(ca.ca.stats());
  if (story.future !== undefined) await workHere(scene, story.future);
  const seen = await witness(handsHere(scene, () => undefined));
  return { course: { told, ca: counts, filesLeft, files: await files(), ...seen }, points: first.points };
}

async function succeed(scene: Scene, setting: Setting): Promise<readonly string[]> {
  if (scene.successor === 'here') return workHere(scene, scene.story.work);
  const { told } = await live(scene, setting, undefined);
  return told;
}

/** Returns what it told. */
async function workHere(scene: Scene, work: Story['work']): Promise<readonly string[]> {
  const told: string[] = [];
  await work(handsHere(scene, ({ type }) => told.push(type)));
  return told.filter(isTelling);
}

/** For what is not killed: in this process. */
function handsHere({ tree, ca, machine }: Scene, events: EventSink): Hands {
  const { clock, net } = machine.ports;
  const { http } = nodePorts({ env: {} });
  const ports: Ports = {
    ...machine.ports,
    clock,
    http,
    net: {
      ...net,
      serveHttp: async (options) => {
        const listener = await net.serveHttp(options);
        machine.clientPort = listener.addresses[0]?.port ?? 0;
        return listener;
      },
    },
  };
  return realHands({ ports, tree, directory: ca.directory, root: ca.root, events });
}

interface Life {
  readonly told: readonly string[];
  readonly points: readonly KillPoint[];
}

/** One process from its start to its end, which must be the one that it was to have. */
async function live(scene: Scene, { tree, authority }: Setting, kill: KillPoint | undefined): Promise<Life> {
  const { story, program, planted, ca, machine } = scene;
  const { directory, root } = ca;
  const task: Task = { story: story.name, tree, directory, root, authority, kill, planted };
  const lines: Line[] = [];
  const { code, signal, complaint } = await runChild(program, JSON.stringify(task), (text) => {
    const line = readLine(text);
    if (line.is === 'listening') machine.clientPort = line.port;
    lines.push(line);
  });
  const points = lines.flatMap((line) => (line.is === 'point' ? [line.point] : []));
  const ended =
    kill === undefined ? code === 0 : signal === 'SIGKILL' && points.slice(-1).some((last) => samePoint(last, kill));
  if (!ended) throw new Error(`${story.name}: the process ended with ${code ?? signal}\n${complaint}`);
  return { told: lines.flatMap((line) => (line.is === 'event' ? [line.type] : [])).filter(isTelling), points };
}

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly complaint: string;
}

function runChild(program: string, argument: string, onLine: (text: string) => void): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, argument], {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: patienceMs,
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    createInterface({ input: child.stdout }).on('line', onLine);
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, complaint }));
  });
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).replaceAll('\\', '/'));
}
