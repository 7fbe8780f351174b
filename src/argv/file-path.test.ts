import { describe, expect, it } from 'vitest';
import { absolutePath } from './index.ts';

describe('a path as typed', () => {
  it.each([
    ['a/b', '/srv', '/srv/a/b'],
    ['./a', '/srv', '/srv/a'],
    ['../a', '/srv', '/srv/../a'],
    ['/a', '/srv', '/a'],
    ['a', '/', '/a'],
    ['a', 'C:\\work', 'C:\\work\\a'],
    ['D:\\a', 'C:\\work', 'D:\\a'],
    ['\\\\host\\share', 'C:\\work', '\\\\host\\share'],
    ['c:/a', '/srv', '/srv/c:/a'],
  ])('%s in %s is %s', (path, folder, expected) => {
    expect(absolutePath(path, folder)).toBe(expected);
  });
});
