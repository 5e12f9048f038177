import {
  Composer,
  type CST,
  type Document,
  isMap,
  Lexer,
  type LineCounter,
  Parser,
  type YAMLMap,
} from 'yaml';
import type { Pause } from '../concurrency/slices.ts';
import { DocumentFault, faultText, notYaml } from './fault.ts';

/**
 * Lexemes of a text at most: names, values and what stands between them. A config of 262,144 bytes that lists 2,000 backends
 * has 90,000; `[a,a,…]` of that length has 393,000 and takes three times as long.
 */
const MAX_LEXEMES = 100_000;
/** Brackets and braces inside each other at most: each level costs every reader a level of its stack. */
const MAX_DEPTH = 100;
/** Lexemes between two looks at the clock. */
const LOOK_EVERY = 64;

const TOO_DEEP = `it has more than ${MAX_DEPTH} brackets or braces inside each other`;
const TOO_MANY = `it has more than ${MAX_LEXEMES} names, values and punctuation marks; a config of a vMCP has far fewer`;

/** A mapping that is the first document of a text. Its nodes know their source: scalars are texts, aliases are not resolved. */
export interface ParsedMapping {
  readonly root: YAMLMap;
  /** The token of the mapping. */
  readonly token: CST.BlockMap | CST.FlowCollection;
  /** Where the pairs of the mapping end, and where the document does. */
  readonly mapEnd: number;
  readonly end: number;
}

/** Counts lexemes and open brackets, and throws when there are too many. */
function limits(): (lexeme: string) => void {
  let count = 0;
  let depth = 0;
  return (lexeme) => {
    if (++count > MAX_LEXEMES) throw new DocumentFault(TOO_MANY);
    if (lexeme === '[' || lexeme === '{') depth++;
    if (lexeme === ']' || lexeme === '}') depth--;
    if (depth > MAX_DEPTH) throw new DocumentFault(TOO_DEEP);
  };
}

/** The tokens of a text up to its first document, in slices. */
async function firstDocument(text: string, lines: LineCounter, pause: Pause): Promise<readonly CST.Token[]> {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  const add = (found: Iterable<CST.Token>): boolean => {
    for (const token of found) {
      if (token.type === 'error') throw notYaml(faultText({ code: 'UNEXPECTED_TOKEN' }), token.offset);
      tokens.push(token);
      if (token.type === 'document') return true;
    }
    return false;
  };
  const check = limits();
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    check(lexeme);
    if (add(parser.next(lexeme))) return tokens;
    if (++count % LOOK_EVERY === 0) await pause();
  }
  add(parser.end());
  return tokens;
}

/** Where an error is, as the `yaml` library says it. Source: `ComposeErrorHandler` of yaml 2.9. */
type ErrorSource = number | readonly number[] | { readonly offset: number };

function offsetOf(source: ErrorSource): number | undefined {
  if (typeof source === 'number') return source;
  return 'offset' in source ? source.offset : source[0];
}

/**
 * A composer that ends with its first error. The library collects them all and each costs a stack trace: 131,000
 * anchors on one value took 2.7 seconds in one go.
 */
function strictComposer(lines: LineCounter): {
  readonly composer: Composer;
  readonly fault: () => DocumentFault | undefined;
} {
  let fault: DocumentFault | undefined;
  const composer = new Composer({
    schema: 'failsafe',
    keepSourceTokens: true,
    logLevel: 'silent',
    // Its own check takes quadratic time.
    uniqueKeys: false,
    lineCounter: lines,
  });
  const onError = (
    source: ErrorSource,
    code: Parameters<typeof faultText>[0]['code'],
    _: string,
    warning?: boolean,
  ) => {
    if (warning) return;
    fault ??= notYaml(faultText({ code }), offsetOf(source));
    throw fault;
  };
  Object.assign(composer, { onError });
  return { composer, fault: () => fault };
}

function compose(tokens: readonly CST.Token[], lines: LineCounter): Document | undefined {
  const { composer, fault } = strictComposer(lines);
  try {
    const documents: Document[] = [];
    for (const token of tokens) documents.push(...(composer.next(token) as Iterable<Document>));
    documents.push(...(composer.end() as Iterable<Document>));
    return documents[0];
  } catch (error) {
    // The library catches some of what is thrown, and then throws another error.
    throw fault() ?? error;
  }
}

function isMapping(token: CST.Token | undefined): token is ParsedMapping['token'] {
  return token?.type === 'block-map' || token?.type === 'flow-collection';
}

/**
 * The mapping that the first document of a text must be. What follows it may be anything, as the vMCP reads no further.
 * Source: `Decoder.Decode` of yaml.v3. What takes long, to cut the text and to sort the pieces, is done in slices; to
 * compose the nodes takes up to 50 ms in one go. Rejects with a {@link DocumentFault}.
 */
export async function parseMapping(text: string, lines: LineCounter, pause: Pause): Promise<ParsedMapping> {
  lines.addNewLine(0);
  const tokens = await firstDocument(text, lines, pause);
  await pause();
  const document = compose(tokens, lines);
  await pause();
  if (!document || document.contents === null) throw new DocumentFault('it is empty');
  const [error] = document.errors;
  if (error) throw notYaml(faultText(error), error.pos[0]);
  const { contents: root } = document;
  const token = isMap(root) ? root.srcToken : undefined;
  if (!isMap(root) || !isMapping(token)) throw new DocumentFault('it is not a mapping');
  const after = token.type === 'flow-collection' ? token.end : (tokens.at(-1) as CST.Document).end;
  const end = document.range?.[2] ?? text.length;
  return { root, token, mapEnd: after?.[0]?.offset ?? end, end };
}
