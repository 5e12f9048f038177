import {
  Composer,
  type Document,
  type DocumentOptions,
  isMap,
  isScalar,
  LineCounter,
  type ParseOptions,
  Parser,
  type Scalar,
  type SchemaOptions,
  visit,
  type YAMLMap,
} from 'yaml';
import { faultText, NO_ANCHOR, thrownFaultText } from '../yaml/fault.ts';
import { expandedSize } from './expandedSize.ts';
import { SCALAR_TAGS } from './scalarTags.ts';

/** A document that is one JSON value, or what is wrong with it. Positions count from 1. */
export type YamlDocument =
  | { readonly ok: true; readonly value: unknown; readonly line: number; readonly column: number }
  | { readonly ok: false; readonly message: string; readonly line: number; readonly column: number };

/** How often aliases may repeat what they stand for, a group or an annotation for every entry of a large file. */
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

interface Flaw {
  readonly offset: number;
  readonly message: string;
}

function flawAt(node: { readonly range?: readonly [number, ...number[]] | null }, message: string): Flaw {
  return { offset: node.range?.[0] ?? 0, message };
}

function keyFlaw(map: YAMLMap): Flaw | undefined {
  const seen = new Set<string>();
  for (const { key } of map.items) {
    if (!isScalar(key)) return flawAt(map, 'a key must be a single value');
    const text = String(key.value);
    if (seen.has(text))
      return flawAt(key, `the key ${JSON.stringify(text.slice(0, 80))} stands twice in this map; keep one`);
    seen.add(text);
  }
  return undefined;
}

/** Says nothing of the digits: a number without quotes may be meant as the value of a Secret. */
function numberFlaw(scalar: Scalar): Flaw | undefined {
  const { value, source = '' } = scalar;
  if (typeof value !== 'number') return undefined;
  if (!Number.isFinite(value))
    return flawAt(
      scalar,
      'no JSON number, since it is infinite or not a number; quote it if it is meant as text',
    );
  if (Number.isSafeInteger(value) || !/^[-+]?[0-9_]+$/.test(source)) return undefined;
  return flawAt(
    scalar,
    'an integer is outside ±9007199254740991 and would lose digits; quote it if it is meant as text',
  );
}

/** What YAML allows and objects of Kubernetes cannot hold: see the functions above. */
function firstFlaw(document: Document.Parsed): Flaw | undefined {
  let flaw: Flaw | undefined;
  const anchors = new Set<string>();
  const note = (node: { readonly anchor?: string }, found: Flaw | undefined) => {
    if (node.anchor !== undefined) anchors.add(node.anchor);
    flaw = found;
    return found ? visit.BREAK : undefined;
  };
  visit(document, {
    Map: (_, map) => note(map, keyFlaw(map)),
    Seq: (_, seq) => note(seq, undefined),
    Scalar: (_, scalar) => note(scalar, numberFlaw(scalar)),
    Alias(_, alias) {
      if (anchors.has(alias.source)) return undefined;
      flaw = flawAt(alias, NO_ANCHOR);
      return visit.BREAK;
    },
  });
  return flaw;
}

function notYaml(fault: string): string {
  return `is not usable YAML: ${fault}`;
}

function toValue(document: Document.Parsed): { value: unknown } | Flaw {
  const start = document.contents?.range?.[0] ?? document.range[0];
  const error = document.errors[0];
  if (error) return { offset: error.pos[0], message: notYaml(faultText(error)) };
  const flaw = firstFlaw(document);
  if (flaw) return flaw;
  if (document.contents !== null && !isMap(document.contents) && !isScalar(document.contents))
    return {
      offset: start,
      message: 'must be a Kubernetes object (a map with apiVersion and kind), not a list',
    };
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
      message: `with its aliases written out it is larger than ${MAX_EXPANDED} characters`,
    };
  return { value };
}

/**
 * The documents of a YAML or JSON text, each as soon as it is parsed. Never throws: a document that cannot be read
 * comes back as what is wrong with it. Aliases, nesting and size are bounded; the text's length the caller bounds.
 */
export function* yamlDocuments(text: string): Generator<YamlDocument> {
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
    // The parser recurses per level of nesting.
    yield { ok: false, message: notYaml(thrownFaultText(error)), ...at(last) };
  }
}
