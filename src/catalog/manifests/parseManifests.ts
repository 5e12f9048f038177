import { isRecord } from '../../kubernetes/record.ts';
import { yamlDocuments } from './kubectlYaml/yamlText.ts';
import type { ManifestDocument, ManifestProblem, Manifests } from './manifest.ts';
import { objectsOf } from './objects.ts';

/** The objects of a text, and whether its author meant to write some. */
export interface ParsedText extends Manifests {
  /** False for a text in which nothing looks like a Kubernetes object: a package.json, a workflow, values of Helm. */
  readonly meant: boolean;
}

/** A line that says of which kind an object is, in a text that cannot be parsed. */
const TYPE_LINE = /^[\s{,-]*["']?(?:apiVersion|kind)["']?\s*:/m;

function isTyped(value: unknown): boolean {
  return isRecord(value) && ('apiVersion' in value || 'kind' in value);
}

/** True for what is a Kubernetes object, a list of some, or one whose apiVersion and kind were forgotten. */
function isMeant(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isTyped);
  return isTyped(value) || (isRecord(value) && 'metadata' in value && 'spec' in value);
}

/** The objects of one text. Pure; never throws. `file` is only a name for messages. */
export function parseManifests(file: string, text: string): ParsedText {
  const documents: ManifestDocument[] = [];
  const problems: ManifestProblem[] = [];
  let document = 0;
  let meant = false;
  for (const part of yamlDocuments(text)) {
    document++;
    const { line, column } = part;
    if (!part.ok) {
      meant ||= TYPE_LINE.test(text);
      problems.push({ file, line, column, message: part.message });
      continue;
    }
    if (part.value === null || part.value === undefined) continue;
    meant ||= isMeant(part.value);
    for (const found of objectsOf(part.value)) {
      if (found.ok) {
        const origin = { source: part.source, path: found.path };
        documents.push({ file, document, line, object: found.object, origin });
      } else problems.push({ file, line, column, message: found.message });
    }
  }
  return { documents, problems, meant };
}
