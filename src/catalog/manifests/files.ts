import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Largest file that is read, in bytes. The YAML tree of a text needs many times its size. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** Levels of folders; more is a loop or a mistake. */
const MAX_DEPTH = 32;
const MANIFEST = /\.(ya?ml|json)$/;

/** The manifest files under one path, or why there are none. */
export type FoundFiles =
  | { readonly ok: true; readonly files: readonly string[] }
  | { readonly ok: false; readonly file: string; readonly message: string };

/** What a file holds, or why it cannot be read. */
export type FileText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string };

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

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function walk(folder: string, above: readonly string[], depth: number): Promise<FoundFiles> {
  const files: string[] = [];
  try {
    const real = await realpath(folder);
    // A link to a parent folder would never end; the parent is being read already.
    if (above.includes(real)) return { ok: true, files };
    if (depth > MAX_DEPTH) return { ok: false, file: folder, message: `more than ${MAX_DEPTH} folders deep` };
    const names = (await readdir(folder)).sort(byText);
    for (const name of names) {
      // Hidden names belong to editors and git; `..data` is where the kubelet keeps what the visible links point to.
      if (name.startsWith('.') || name === 'node_modules') continue;
      const path = join(folder, name);
      const info = await stat(path).catch(() => undefined);
      if (info?.isDirectory()) {
        const below = await walk(path, [...above, real], depth + 1);
        if (!below.ok) return below;
        files.push(...below.files);
      } else if (MANIFEST.test(name) && (info === undefined || info.isFile())) files.push(path);
    }
  } catch (error) {
    return { ok: false, file: folder, message: fileErrorText(error) };
  }
  return { ok: true, files };
}

/**
 * The files of one path: the path itself, or every *.yaml, *.yml and *.json below it, sorted by name in each folder.
 * Hidden names and node_modules are skipped; symbolic links are followed, but not in a loop.
 */
export async function findManifestFiles(path: string): Promise<FoundFiles> {
  try {
    const info = await stat(path);
    return info.isDirectory() ? await walk(path, [], 0) : { ok: true, files: [path] };
  } catch (error) {
    return { ok: false, file: path, message: fileErrorText(error) };
  }
}

/** Decodes bytes as UTF-8, strictly. */
function decode(bytes: Buffer): FileText {
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { ok: false, message: 'is not UTF-8 text' };
  }
}

/** Bytes in pieces: a file, a pipe, standard input. */
export type ByteSource = AsyncIterable<Uint8Array>;

/** Reads bytes as text, at most {@link MAX_FILE_BYTES} of them. Never throws. */
export async function readText(source: ByteSource): Promise<FileText> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of source) {
      bytes += piece.length;
      if (bytes > MAX_FILE_BYTES)
        return { ok: false, message: `is larger than ${MAX_FILE_BYTES} bytes; split it into several files` };
      chunks.push(piece);
    }
  } catch (error) {
    return { ok: false, message: fileErrorText(error) };
  }
  return decode(Buffer.concat(chunks));
}

/** Reads a file or a named pipe as {@link readText} does. */
export function readManifestFile(path: string): Promise<FileText> {
  return readText(createReadStream(path));
}
