import { realpath } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { type ByteSource, findManifestFiles, readManifestFile, readText } from './files.ts';
import { HelmAndKustomize } from './helmAndKustomize.ts';
import {
  type ManifestDocument,
  type ManifestInput,
  type ManifestProblem,
  type PassedOver,
  STDIN,
} from './manifest.ts';
import { parseManifests } from './parseManifests.ts';

/** An input as the person named it. */
interface Input {
  readonly name: string;
  readonly files: readonly string[];
  /** True for an input of which a file belongs to an earlier input, too. */
  readonly repeated: boolean;
}

/** What was read, in the order of the inputs. */
interface Found {
  readonly documents: ManifestDocument[];
  readonly problems: ManifestProblem[];
  readonly passedOver: PassedOver[];
}

const RENDER =
  'if this is a template, check what is made of it, such as: helm template CHART | vmcp-admission check -';

function add(found: Found, file: string, message: string): void {
  found.problems.push({ file, line: undefined, column: undefined, message });
}

/** The files of the inputs, each once, under whatever names it is reached. */
async function findFiles(names: readonly string[], found: Found): Promise<Input[]> {
  const seen = new Set<string>();
  const inputs: Input[] = [];
  for (const name of names) {
    const result = name === STDIN ? { files: [STDIN], problems: [] } : await findManifestFiles(name);
    for (const { file, message } of result.problems) add(found, file, message);
    if (result.files.length === 0 && result.problems.length > 0) continue;
    const files: string[] = [];
    for (const file of result.files) {
      const path = file === STDIN ? STDIN : await realpath(file).catch(() => file);
      if (!seen.has(path)) files.push(file);
      seen.add(path);
    }
    inputs.push({ name, files, repeated: files.length < result.files.length });
  }
  return inputs;
}

/**
 * Adds what one file holds.
 * @param named whether the person named the file: a file that was found in a folder may hold something else
 */
async function readFile(
  file: string,
  named: boolean,
  stdin: ByteSource,
  tools: HelmAndKustomize,
  found: Found,
): Promise<void> {
  const content = await (file === STDIN ? readText(stdin) : readManifestFile(file));
  if (!content.ok) {
    add(found, file, content.message);
    return;
  }
  const { text } = content;
  const toolFile = file === STDIN ? undefined : await tools.of(file, text);
  if (toolFile) found.passedOver.push(toolFile.passedOver);
  if (toolFile?.read === 'nothing') return;
  const { documents, problems, meant } = parseManifests(file, text);
  for (const document of documents) found.documents.push(document);
  if (toolFile || problems.length === 0) return;
  if (!named && !meant) found.passedOver.push({ file });
  else if (!text.includes('{{')) found.problems.push(...problems);
  else
    for (const problem of problems)
      found.problems.push({ ...problem, message: `${problem.message}; ${RENDER}` });
}

/**
 * Reads manifests from files, folders (recursive: *.yaml, *.yml, *.json, sorted) and standard input (`-`). Standard input has
 * the limits of a file. Objects come in the order of the inputs; a `List` comes as its items. Never throws: an input that
 * cannot be used, or that has no object, is a problem, and the others are still read. Files that
 * Helm or kustomize makes manifests from are passed over.
 */
export async function readManifests(
  names: readonly string[],
  stdin: ByteSource = Readable.from([]),
): Promise<ManifestInput> {
  const found: Found = { documents: [], problems: [], passedOver: [] };
  const inputs = await findFiles(names, found);
  const tools = await HelmAndKustomize.read(inputs.flatMap(({ files }) => files));
  for (const { name, files, repeated } of inputs) {
    const count = () => found.documents.length + found.problems.length + found.passedOver.length;
    const before = count();
    for (const file of files) await readFile(file, file === name, stdin, tools, found);
    if (!repeated && count() === before)
      add(
        found,
        name,
        files.length === 0 ? 'contains no *.yaml, *.yml or *.json file' : 'contains no Kubernetes object',
      );
  }
  return found;
}
