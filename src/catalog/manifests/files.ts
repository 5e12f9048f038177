import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileErrorText } from '../../text/fileError.ts';

/** Largest file that is read, in bytes. The YAML tree of a text needs many times its size. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** Levels of folders; more is a mistake. */
const MAX_DEPTH = 32;
/** Manifests, and the file that kustomize reads under a name without an ending. */
const MANIFEST = /\.(ya?ml|json)$|^Kustomization$/;

/** A path that cannot be read, and why. */
export interface PathProblem {
  readonly file: string;
  readonly message: string;
}

/** The manifest files under one path, and the folders that cannot be read. */
export interface FoundFiles {
  readonly files: readonly string[];
  readonly problems: readonly PathProblem[];
}

/** What a file holds, or why it cannot be read. */
export type FileText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string };

/** Descriptors of this process, which are open already: standard input, and what `<(…)` of a shell stands for. */
const DESCRIPTOR = /^\/(?:dev\/(?:stdin$|fd\/)|proc\/self\/fd\/)/;

/**
 * Returns why a path cannot be read: a named pipe or a device may never come to an end. Undefined for a file or a folder.
 * Rejects when nothing is at the path.
 */
export async function unreadable(path: string): Promise<string | undefined> {
  const info = await stat(path);
  if (info.isFile() || info.isDirectory() || DESCRIPTOR.test(path)) return undefined;
  const what = info.isFIFO() ? 'a named pipe' : info.isSocket() ? 'a socket' : 'a device';
  return `is ${what}, not a file`;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What was found below a path so far. */
interface Walk {
  /** The real paths of the folders. */
  readonly folders: Set<string>;
  readonly files: string[];
  readonly problems: PathProblem[];
}

/** Adds what is below a folder, which is so many folders deep. */
async function walk(folder: string, depth: number, found: Walk): Promise<void> {
  const { folders, files, problems } = found;
  try {
    const real = await realpath(folder);
    // Links to a parent would never end, and links between a few folders lead to each in thousands of ways.
    if (folders.has(real)) return;
    folders.add(real);
    if (depth > MAX_DEPTH) {
      problems.push({ file: folder, message: `more than ${MAX_DEPTH} folders deep` });
      return;
    }
    for (const name of (await readdir(folder)).sort(byText)) {
      // Hidden names belong to editors and git; `..data` is where the kubelet keeps what the visible links point to.
      if (name.startsWith('.') || name === 'node_modules') continue;
      const path = join(folder, name);
      const info = await stat(path).catch(() => undefined);
      if (info?.isDirectory()) await walk(path, depth + 1, found);
      else if (MANIFEST.test(name) && (info === undefined || info.isFile())) files.push(path);
    }
  } catch (error) {
    problems.push({ file: folder, message: fileErrorText(error) });
  }
}

/**
 * The files of one path: the path itself, or every *.yaml, *.yml and *.json below it, sorted by name in each folder.
 * Hidden names and node_modules are skipped; symbolic links are followed, each folder is read once. Never throws.
 */
export async function findManifestFiles(path: string): Promise<FoundFiles> {
  const found: Walk = { folders: new Set(), files: [], problems: [] };
  const { files, problems } = found;
  try {
    const message = await unreadable(path);
    if (message !== undefined) problems.push({ file: path, message });
    else if ((await stat(path)).isDirectory()) await walk(path, 0, found);
    else files.push(path);
  } catch (error) {
    problems.push({ file: path, message: fileErrorText(error) });
  }
  return found;
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

/** Reads a file as {@link readText} does. */
export function readManifestFile(path: string): Promise<FileText> {
  return readText(createReadStream(path));
}
