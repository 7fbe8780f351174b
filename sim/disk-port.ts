import type { FileSystem } from '../src/core/index.ts';
import type { Disk } from './disk.ts';
import type { SimProcess } from './process.ts';

/**
 * A process's way to its disk: each operation takes a little while, in which others may come first; each one that changes
 * something is a numbered effect.
 */
export function diskPort(process: SimProcess, disk: Disk): FileSystem {
  const look = <T>(work: () => T): Promise<T> => process.step(() => process.takeTime(0.01, 0.1).then(work));
  const change = (what: string, work: () => void, brokenOff?: () => void): Promise<void> =>
    process.effect({ what: `fs.${what}`, work: () => process.takeTime(0.02, 0.3).then(work), brokenOff });
  const inTwoSteps = async (begin: () => () => void): Promise<void> => {
    const finish = await process.takeTime(0.02, 0.2).then(begin);
    await process.takeTime(0.01, 0.1).then(finish);
  };
  return {
    read: (path) => look(() => disk.read(path)),
    stat: (path) => look(() => disk.stat(path)),
    lstat: (path) => look(() => disk.lstat(path)),
    list: (path) => look(() => disk.list(path)),
    readLink: (path) => look(() => disk.readLink(path)),
    createFolder: (path, mode) => change(`createFolder ${path}`, () => disk.createFolder(path, mode)),
    write(path, data, options) {
      const own = data.slice();
      return process.effect({
        what: `fs.write ${path}`,
        work: () => inTwoSteps(() => disk.beginWrite(path, own, options)),
        brokenOff: () => disk.writeInPart(path, own, options),
      });
    },
    append(path, data, options) {
      const own = data.slice();
      const inPart = () => disk.appendInPart(path, own, options);
      return change(`append ${path}`, () => disk.append(path, own, options), inPart);
    },
    sync: (path) => change(`sync ${path}`, () => disk.sync(path)),
    rename: (from, to) => change(`rename ${from} → ${to}`, () => disk.rename(from, to)),
    link: (from, to) => change(`link ${from} → ${to}`, () => disk.link(from, to)),
    symlink: (target, path) => change(`symlink ${target} → ${path}`, () => disk.symlink(target, path)),
    remove: (path) => change(`remove ${path}`, () => disk.remove(path)),
    removeFolder: (path) => change(`removeFolder ${path}`, () => disk.removeFolder(path)),
    chmod: (path, mode) => change(`chmod ${path}`, () => disk.chmod(path, mode)),
  };
}
