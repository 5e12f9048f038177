import {
  Composer,
  type Document,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { oneLine } from '../admission/text.ts';
import type { GiveWay } from './giveWay.ts';
import { isOwnMap } from './yamlSlots.ts';

/** The first line of a parser's message; the rest quotes the text, which may hold secrets. */
export function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? '').replace(/:$/, '');
}

/** The first key that a mapping below the node has twice. The parser's own check takes quadratic time. */
function repeatedKey(node: unknown): Scalar | undefined {
  if (isSeq(node)) {
    for (const item of node.items) {
      const found = repeatedKey(item);
      if (found) return found;
    }
    return undefined;
  }
  if (!isMap(node)) return undefined;
  const seen = new Set<unknown>();
  for (const { key, value } of node.items) {
    if (isScalar(key)) {
      if (seen.has(key.value)) return key;
      seen.add(key.value);
    }
    const found = repeatedKey(key) ?? repeatedKey(value);
    if (found) return found;
  }
  return undefined;
}

/** Lexemes between two looks at the clock. */
const LOOK_EVERY = 64;

/** The documents of a text. What takes long, to cut the text and to sort the pieces, is done in slices. */
async function parseAll(text: string, lines: LineCounter, giveWay: GiveWay): Promise<readonly Document[]> {
  const parser = new Parser(lines.addNewLine);
  const composer = new Composer({
    schema: 'failsafe',
    logLevel: 'silent',
    uniqueKeys: false,
    lineCounter: lines,
  });
  const documents: Document[] = [];
  const compose = (tokens: ReturnType<Parser['next']>) => {
    for (const token of tokens) documents.push(...(composer.next(token) as Iterable<Document>));
  };
  lines.addNewLine(0);
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    compose(parser.next(lexeme));
    if (++count % LOOK_EVERY === 0) await giveWay();
  }
  compose(parser.end());
  documents.push(...(composer.end() as Iterable<Document>));
  return documents;
}

/** The parser's message with its place, on one line. */
function errorText({ message, pos }: Document['errors'][number], lines: LineCounter): string {
  const [offset] = pos;
  if (offset < 0) return firstLine(message);
  const { line, col } = lines.linePos(offset);
  return `${firstLine(message)} at line ${line}, column ${col}`;
}

/** The one mapping that a text must be, scalars as their source; or what is wrong, on one line. */
export async function readDocument(
  text: string,
  giveWay: GiveWay,
): Promise<{ readonly document: Document; readonly root: YAMLMap } | string> {
  const lineCounter = new LineCounter();
  const documents = await parseAll(text, lineCounter, giveWay);
  const [document] = documents;
  if (!document || document.contents === null) return 'it is empty';
  if (documents.length > 1) return 'it holds several YAML documents, and the vMCP reads only the first';
  const [error] = document.errors;
  if (error) return `it is not valid YAML: ${errorText(error, lineCounter)}`;
  if (!isOwnMap(document.contents)) return 'it is not a mapping';
  await giveWay();
  const repeated = repeatedKey(document.contents);
  if (repeated)
    return `a mapping has the key "${oneLine(String(repeated.value), 60)}" twice, at line ${lineCounter.linePos(repeated.range?.[0] ?? 0).line}`;
  await giveWay();
  return { document, root: document.contents };
}
