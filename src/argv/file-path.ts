/** A path as somebody typed it, made to start at a root: at `folder` when it is relative. */
export function absolutePath(path: string, folder: string): string {
  const windows = /^[A-Za-z]:[\\/]|^\\\\/.test(folder);
  if (path.startsWith('/') || (windows && /^(?:[A-Za-z]:)?[\\/]/.test(path))) return path;
  return `${folder.replace(/[\\/]$/, '')}${windows ? '\\' : '/'}${path.replace(/^(?:\.[\\/])+/, '')}`;
}
