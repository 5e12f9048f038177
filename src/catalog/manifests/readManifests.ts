import { Readable } from 'node:stream';
import { type ByteSource, findManifestFiles, readManifestFile, readText } from './files.ts';
import type { ManifestDocument, ManifestProblem, Manifests } from './manifest.ts';
import { objectsOf } from './objects.ts';
import { yamlDocuments } from './yamlText.ts';

/** The name of standard input, as in kubectl. */
export const STDIN = '-';

/** The objects of one text. Pure; never throws. `file` is only a name for messages. */
export function parseManifests(file: string, text: string): Manifests {
  const documents: ManifestDocument[] = [];
  const problems: ManifestProblem[] = [];
  let document = 0;
  for (const part of yamlDocuments(text)) {
    document++;
    const { line, column } = part;
    if (!part.ok) {
      problems.push({ file, line, column, message: part.message });
      continue;
    }
    if (part.value === null || part.value === undefined) continue;
    for (const found of objectsOf(part.value)) {
      if (found.ok) documents.push({ file, document, line, object: found.object });
      else problems.push({ file, line, column, message: found.message });
    }
  }
  return { documents, problems };
}

/**
 * Reads manifests from files, folders (recursive: *.yaml, *.yml, *.json, sorted) and standard input (`-`).
 * Standard input has the limits of a file. Objects come in the order of the inputs; a `List` comes as its items. Never
 * throws: an input that cannot be used, or that has no object, is a problem, and the others are still read.
 */
export async function readManifests(
  inputs: readonly string[],
  stdin: ByteSource = Readable.from([]),
): Promise<Manifests> {
  const documents: ManifestDocument[] = [];
  const problems: ManifestProblem[] = [];
  const problem = (file: string, message: string) =>
    problems.push({ file, line: undefined, column: undefined, message });
  const seen = new Set<string>();
  for (const input of inputs) {
    const found = input === STDIN ? { ok: true as const, files: [STDIN] } : await findManifestFiles(input);
    if (!found.ok) {
      problem(found.file, found.message);
      continue;
    }
    const before = documents.length + problems.length;
    let repeated = false;
    for (const file of found.files) {
      if (seen.has(file)) {
        repeated = true;
        continue;
      }
      seen.add(file);
      const read = await (file === STDIN ? readText(stdin) : readManifestFile(file));
      if (!read.ok) {
        problem(file, read.message);
        continue;
      }
      const part = parseManifests(file, read.text);
      for (const document of part.documents) documents.push(document);
      problems.push(...part.problems);
    }
    if (!repeated && documents.length + problems.length === before)
      problem(
        input,
        found.files.length === 0
          ? 'contains no *.yaml, *.yml or *.json file'
          : 'contains no Kubernetes object',
      );
  }
  return { documents, problems };
}
