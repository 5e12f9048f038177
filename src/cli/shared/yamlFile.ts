import { readFile } from 'node:fs/promises';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, YAMLError } from 'yaml';
import { unreadable } from '../../catalog/manifests/files.ts';
import { type DocumentProblem, problemText } from '../../rules/policy/documentProblems.ts';
import { fileErrorText } from '../../text/fileError.ts';
import { thrownFaultText } from '../../yaml/fault.ts';

/** A YAML file with one document, and where its parts stand. */
export interface YamlFile {
  readonly value: unknown;
  /** Problems as `FILE:LINE:COLUMN: PLACE: PROBLEM`, in the order of the text. */
  readonly told: (problems: readonly DocumentProblem[]) => readonly string[];
}

export type ReadYaml =
  | ({ readonly ok: true } & YamlFile)
  | { readonly ok: false; readonly problems: readonly string[] };

/** Where and why a file cannot be read, to follow its name; nothing of its text. */
function notRead(error: unknown): string {
  const errno = error instanceof Error && 'errno' in error;
  if (errno) return `: ${fileErrorText(error)}`;
  const [at] = (error instanceof YAMLError && error.linePos) || [];
  return `${at ? `:${at.line}:${at.col}` : ''}: is not usable YAML: ${thrownFaultText(error)}`;
}

/** Where a problem begins in the text: at its key or value, else at the nearest part of the path that is written. */
function offsetOf({ path, at }: DocumentProblem, document: Document): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(name))
      : undefined;
    const value = document.getIn(path.slice(0, length), true);
    const node = pair && (at === 'key' || length < path.length || !isNode(value)) ? pair.key : value;
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

/** Reads a YAML file, without aliases. Never rejects. */
export async function readYamlFile(file: string): Promise<ReadYaml> {
  try {
    const message = await unreadable(file);
    if (message !== undefined) return { ok: false, problems: [`${file}: ${message}`] };
    const lines = new LineCounter();
    const document = parseDocument(await readFile(file, 'utf8'), { lineCounter: lines, logLevel: 'error' });
    const [error] = document.errors;
    if (error) throw error;
    const placed = (problem: DocumentProblem) => ({ problem, offset: offsetOf(problem, document) });
    const told: YamlFile['told'] = (problems) =>
      problems
        .map(placed)
        .sort((a, b) => a.offset - b.offset)
        .map(({ problem, offset }) => {
          const { line, col } = lines.linePos(offset);
          return `${file}:${line}:${col}: ${problemText(problem)}`;
        });
    return { ok: true, value: document.toJS({ maxAliasCount: 0 }), told };
  } catch (error) {
    return { ok: false, problems: [`${file}${notRead(error)}`] };
  }
}
