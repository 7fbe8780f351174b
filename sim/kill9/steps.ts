/** Steps: the effects after which the world is another one, named alike in both worlds. */
import { type HttpRequest, isTemporaryName, type Ports } from '../../src/core/index.ts';

/** A step by its name, and how often there was one of that name before, counted from 1. */
export interface Step {
  readonly name: string;
  readonly occurrence: number;
}

export type Side = 'before' | 'after';

/** Where a process is killed. */
export interface KillPoint extends Step {
  readonly side: Side;
}

export function samePoint(a: KillPoint, b: KillPoint): boolean {
  return a.name === b.name && a.occurrence === b.occurrence && a.side === b.side;
}

export function pointTitle({ side, name, occurrence }: KillPoint): string {
  return `${side} ${name}${occurrence === 1 ? '' : ` (${occurrence})`}`;
}

/** What differs between two worlds and is not the point: where the tree lies, and what the CA is called. */
export interface Setting {
  /** The folder of lego's tree. */
  readonly tree: string;
  /** Host and port of the CA's URLs. */
  readonly authority: string;
}

/** A path without the tree's place, the CA's name and random parts. */
export function plainPath({ tree, authority }: Setting, path: string): string {
  const below = path.startsWith(`${tree}/`) ? path.slice(tree.length + 1) : path;
  return below
    .replaceAll(authority, 'CA')
    .replaceAll(authority.replace(':', '_'), 'CA')
    .replaceAll(encodeURIComponent(authority).toLowerCase(), 'CA')
    .replaceAll(/\d{15}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/\.[\w-]{8}\.tmp$/g, '.RANDOM.tmp');
}

/** Locks and state may be lost without harm: neither is a step of the work. */
const apart = ['.everseal/locks/', '.everseal/state/'];

/**
 * Ports that tell of each step right before it and right after. A step is a request that changes something at the CA (not a
 * POST-as-GET, RFC 8555 §6.3), a record in the journal, or a name that comes or goes on the disk and is not a temporary one.
 */
export function watchSteps(ports: Ports, setting: Setting, tell: (point: KillPoint) => void): Ports {
  const counts = new Map<string, number>();
  const around = async <T>(name: string | undefined, work: () => Promise<T>): Promise<T> => {
    if (name === undefined) return work();
    const occurrence = (counts.get(name) ?? 0) + 1;
    counts.set(name, occurrence);
    tell({ name, occurrence, side: 'before' });
    const result = await work();
    tell({ name, occurrence, side: 'after' });
    return result;
  };
  const named = (what: string, path: string): string | undefined => {
    const plain = plainPath(setting, path);
    const unimportant =
      isTemporaryName(path.slice(path.lastIndexOf('/') + 1)) || apart.some((head) => plain.startsWith(head));
    return unimportant ? undefined : `${what} ${plain}`;
  };
  const { fs, http } = ports;
  return {
    ...ports,
    http: { request: (request) => around(requestName(request), () => http.request(request)) },
    fs: {
      ...fs,
      append: (path, data, options) =>
        around(named(`append '${recordStep(data)}' to`, path), () => fs.append(path, data, options)),
      rename: (from, to) => around(named('rename to', to), () => fs.rename(from, to)),
      link: (from, to) => around(named('link to', to), () => fs.link(from, to)),
      remove: (path) => around(named('remove', path), () => fs.remove(path)),
    },
  };
}

function requestName({ method, url, body }: HttpRequest): string | undefined {
  if (method !== 'POST' || fieldOf(body ?? '', 'payload') === '') return undefined;
  const path = new URL(url).pathname.replaceAll(/\/[\w-]{16}(?=\/|$)/g, '/ID');
  return `POST ${path}`;
}

function recordStep(data: Uint8Array): string {
  return String(fieldOf(data, 'step'));
}

function fieldOf(json: string | Uint8Array, field: string): unknown {
  const value: unknown = JSON.parse(typeof json === 'string' ? json : Buffer.from(json).toString('utf8'));
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(field) : undefined;
}
