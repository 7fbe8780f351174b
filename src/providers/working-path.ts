/**
 * The path of a file that a setting names: a relative one starts from the working folder. Forms of Windows count where the
 * working folder has one.
 */
export function fromFolder(folder: string, path: string): string {
  const windows = /^[A-Za-z]:[\\/]|^\\\\/.test(folder);
  if (path.startsWith('/') || (windows && /^(?:[A-Za-z]:)?[\\/]/.test(path))) return path;
  return `${folder.replace(/[\\/]$/, '')}${windows ? '\\' : '/'}${path.replace(/^(?:\.[\\/])+/, '')}`;
}
