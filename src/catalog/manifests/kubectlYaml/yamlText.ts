import {
  Composer,
  type Document,
  type DocumentOptions,
  LineCounter,
  type ParseOptions,
  Parser,
  type SchemaOptions,
} from 'yaml';
import { faultText, thrownFaultText } from '../../../yaml/fault.ts';
import { expandedSize } from './expandedSize.ts';
import { type Flaw, firstFlaw } from './flaws.ts';
import { lineBreakFlaw } from './lineBreaks.ts';
import { SCALAR_TAGS } from './scalarTags.ts';

/** A place in a text; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The text of one document, and the line of the file that it begins at. */
export interface DocumentText {
  readonly text: string;
  readonly line: number;
}

/** A document that is one JSON value, or what is wrong with it. */
export type YamlDocument =
  | ({ readonly ok: true; readonly value: unknown; readonly source: DocumentText } & Position)
  | ({ readonly ok: false; readonly message: string } & Position);

/** How many aliases a document may have: one for a group or an annotation in every entry of a large file. */
const MAX_ALIASES = 10_000;
/** Characters of one document with its aliases written out; etcd takes objects of 1.5 MiB, a List holds many. */
const MAX_EXPANDED = 32 * 1024 * 1024;

/** Duplicate keys are looked for afterwards: the parser's own search is quadratic in the keys of a map. */
const OPTIONS: ParseOptions & DocumentOptions & SchemaOptions = {
  schema: 'failsafe',
  customTags: [...SCALAR_TAGS],
  merge: true,
  uniqueKeys: false,
  prettyErrors: false,
};

function notYaml(fault: string): string {
  return `is not usable YAML: ${fault}`;
}

function toValue(document: Document.Parsed): { value: unknown } | Flaw {
  const start = document.contents?.range?.[0] ?? document.range[0];
  const error = document.errors[0];
  if (error) return { offset: error.pos[0], message: notYaml(faultText(error)) };
  const flaw = firstFlaw(document);
  if (flaw) return flaw;
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    return { offset: start, message: notYaml(thrownFaultText(error)) };
  }
  const size = expandedSize(value);
  if (!size.ok) return { offset: start, message: size.message };
  if (size.size > MAX_EXPANDED)
    return {
      offset: start,
      message: `is larger than ${MAX_EXPANDED} characters with its aliases written out`,
    };
  return { value };
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** The nodes of a document, and where in its file an offset of its text is. */
export interface YamlTree {
  readonly document: Document.Parsed;
  at(offset: number): Position;
}

/** Parses a document again that could be read; its nodes are not kept, since they take many times the size of the text. */
export function yamlTree({ text, line: first }: DocumentText): YamlTree | undefined {
  const lines = new LineCounter();
  const [document] = new Composer(OPTIONS).compose(new Parser(lines.addNewLine).parse(text));
  if (document === undefined) return undefined;
  const at = (offset: number) => {
    const { line, column } = positionAt(lines, offset);
    return { line: line + first - 1, column };
  };
  return { document, at };
}

/**
 * The documents of a YAML or JSON text, each as soon as it is parsed. Never throws: a document that cannot be read
 * comes back as what is wrong with it. Aliases, nesting and size are bounded here; the caller bounds the text's length.
 */
export function* yamlDocuments(text: string): Generator<YamlDocument> {
  const odd = lineBreakFlaw(text);
  if (odd) {
    const before = text.slice(0, odd.offset);
    const line = before.split('\n').length;
    yield { ok: false, message: odd.message, line, column: odd.offset - before.lastIndexOf('\n') };
    return;
  }
  const lines = new LineCounter();
  const at = (offset: number) => positionAt(lines, offset);
  let last = 0;
  try {
    const parser = new Parser(lines.addNewLine);
    for (const document of new Composer(OPTIONS).compose(parser.parse(text))) {
      last = document.range[0];
      const start = document.contents?.range?.[0] ?? last;
      const result = toValue(document);
      const source = { text: text.slice(last, document.range[2]), line: at(last).line };
      if ('value' in result) yield { ok: true, value: result.value, source, ...at(start) };
      else yield { ok: false, message: result.message, ...at(result.offset) };
    }
  } catch (error) {
    // The parser recurses once per level of nesting, so it can overflow the stack.
    yield { ok: false, message: notYaml(thrownFaultText(error)), ...at(last) };
  }
}
