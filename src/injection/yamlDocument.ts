import { type Document, isScalar, LineCounter, parseAllDocuments, visit, type YAMLMap } from 'yaml';
import { oneLine } from '../admission/text.ts';
import { isOwnMap } from './yamlSlots.ts';

/** The first line of a parser's message; the rest quotes the text, which may hold secrets. */
export function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? '').replace(/:$/, '');
}

/** The first key that a mapping has twice, with its line. The parser's own check takes quadratic time. */
function duplicateKey(document: Document, lines: LineCounter): string | undefined {
  let message: string | undefined;
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          message = `a mapping has the key "${oneLine(String(key.value), 60)}" twice, at line ${lines.linePos(key.range?.[0] ?? 0).line}`;
          return visit.BREAK;
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return message;
}

/** The one mapping that a text must be, scalars as their source; or what is wrong, on one line. */
export function readDocument(text: string): { readonly document: Document; readonly root: YAMLMap } | string {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, {
    schema: 'failsafe',
    logLevel: 'silent',
    uniqueKeys: false,
    lineCounter,
  });
  const [document] = documents;
  if (!document || !('errors' in document) || document.contents === null) return 'it is empty';
  if (documents.length > 1) return 'it holds several YAML documents, and the vMCP reads only the first';
  const [error] = document.errors;
  if (error) return `it is not valid YAML: ${firstLine(error.message)}`;
  if (!isOwnMap(document.contents)) return 'it is not a mapping';
  const duplicate = duplicateKey(document as Document, lineCounter);
  if (duplicate !== undefined) return duplicate;
  return { document: document as Document, root: document.contents };
}
