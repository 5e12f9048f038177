import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { oneLine } from '../../text.ts';
import { faultText, NO_ANCHOR } from '../../yaml/fault.ts';
import type { GiveWay } from './giveWay.ts';
import { isOwnMap } from './slots.ts';

/** What the parser lets pass and the vMCP's loader does not: a key that stands twice, an alias without its anchor. */
type Flaw = { readonly repeated: Scalar } | { readonly dangling: Alias };

/**
 * The first flaw below the node, in the order of the text. The parser's own check of keys takes quadratic time, and it
 * tells unknown anchors without their place.
 * @param anchors the names that stand before the node; those of the node are added
 */
function firstFlaw(node: unknown, anchors: Set<string>): Flaw | undefined {
  if (isAlias(node)) return anchors.has(node.source) ? undefined : { dangling: node };
  if (isNode(node) && node.anchor !== undefined) anchors.add(node.anchor);
  if (isSeq(node)) {
    for (const item of node.items) {
      const found = firstFlaw(item, anchors);
      if (found) return found;
    }
    return undefined;
  }
  if (!isMap(node)) return undefined;
  const seen = new Set<unknown>();
  for (const { key, value } of node.items) {
    if (isScalar(key)) {
      if (seen.has(key.value)) return { repeated: key };
      seen.add(key.value);
    }
    const found = firstFlaw(key, anchors) ?? firstFlaw(value, anchors);
    if (found) return found;
  }
  return undefined;
}

/** Lexemes between two looks at the clock. */
const LOOK_EVERY = 64;

/** The documents of a text up to the second. What takes long, to cut the text and to sort the pieces, is done in slices. */
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
    if (documents.length > 0) return documents;
    if (++count % LOOK_EVERY === 0) await giveWay();
  }
  compose(parser.end());
  documents.push(...(composer.end() as Iterable<Document>));
  return documents;
}

/** What is wrong and where, on one line; nothing of the text, which may hold secrets. */
function faultAt(fault: string, offset: number | undefined, lines: LineCounter): string {
  if (offset === undefined || offset < 0) return `it is not valid YAML: ${fault}`;
  const { line, col } = lines.linePos(offset);
  return `it is not valid YAML: ${fault}, at line ${line}, column ${col}`;
}

/** A document that is a mapping, scalars as their source. */
export interface MappingDocument {
  readonly document: Document;
  readonly root: YAMLMap;
  /** The text of this document alone, without a byte order mark. */
  readonly text: string;
}

/**
 * The mapping that the first document of a text must be; or what is wrong, on one line. What follows it may be anything,
 * as the vMCP reads no further. Source: `Decoder.Decode` of yaml.v3.
 */
export async function readDocument(given: string, giveWay: GiveWay): Promise<MappingDocument | string> {
  const text = given.startsWith('\ufeff') ? given.slice(1) : given;
  const lineCounter = new LineCounter();
  const documents = await parseAll(text, lineCounter, giveWay);
  const [document] = documents;
  if (!document || document.contents === null) return 'it is empty';
  const [error] = document.errors;
  if (error) return faultAt(faultText(error), error.pos[0], lineCounter);
  if (!isOwnMap(document.contents)) return 'it is not a mapping';
  await giveWay();
  const flaw = firstFlaw(document.contents, new Set());
  if (flaw && 'dangling' in flaw) return faultAt(NO_ANCHOR, flaw.dangling.range?.[0], lineCounter);
  if (flaw)
    return `a mapping has the key "${oneLine(String(flaw.repeated.value), 60)}" twice, at line ${lineCounter.linePos(flaw.repeated.range?.[0] ?? 0).line}`;
  await giveWay();
  return { document, root: document.contents, text: text.slice(0, document.range?.[2]) };
}
