import { expect, it } from 'vitest';
import { fromFolder } from './working-path.ts';

it.each([
  ['/srv', 'a/b', '/srv/a/b'],
  ['/srv', './a', '/srv/a'],
  ['/srv/', '../a', '/srv/../a'],
  ['/srv', '/a', '/a'],
  ['/', 'a', '/a'],
  ['C:\\work', 'a', 'C:\\work\\a'],
  ['C:\\work', 'D:\\a', 'D:\\a'],
])('a path of a setting starts from %s: %s is %s', (folder, path, whole) => {
  expect(fromFolder(folder, path)).toBe(whole);
});
