import {
  Composer,
  type Document,
  type DocumentOptions,
  LineCounter,
  type ParseOptions,
  Parser,
  type SchemaOptions,
} from 'yaml';
import { faultText, thrownFaultText } from '../../yaml/fault.ts';
import { expandedSize } from './expandedSize.ts';
import { type Flaw, firstFlaw } from './flaws.ts';
import { lineBreakFlaw } from './lineBreaks.ts';
import { SCALAR_TAGS } from './scalarTags.ts';

/** A document that is one JSON value, or what is wrong with it. Positions count from 1. */
export type YamlDocument =
  | { readonly ok: true; readonly value: unknown; readonly line: number; readonly column: number }
  | { readonly ok: false; readonly message: string; readonly line: number; readonly column: number };

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
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  let last = 0;
  try {
    const parser = new Parser(lines.addNewLine);
    for (const document of new Composer(OPTIONS).compose(parser.parse(text))) {
      last = document.range[0];
      const start = document.contents?.range?.[0] ?? last;
      const result = toValue(document);
      if ('value' in result) yield { ok: true, value: result.value, ...at(start) };
      else yield { ok: false, message: result.message, ...at(result.offset) };
    }
  } catch (error) {
    // The parser recurses once per level of nesting, so it can overflow the stack.
    yield { ok: false, message: notYaml(thrownFaultText(error)), ...at(last) };
  }
}
