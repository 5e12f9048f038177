/** What the operating system's codes for files mean to a person. */
const ERRORS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file or folder'],
  ['ENOTDIR', 'no such file or folder: a part of its path is a file'],
  ['EISDIR', 'is a folder, not a file'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['ELOOP', 'its symbolic links form a loop'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['EMFILE', 'cannot be read: too many files are open'],
  ['ENFILE', 'cannot be read: too many files are open'],
  ['EIO', 'cannot be read: the disk reports an error'],
]);

/** The operating system's reason for a failed call, as a sentence. */
export function fileErrorText(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return ERRORS.get(code) ?? `cannot be read (${code || 'unknown error'})`;
}
