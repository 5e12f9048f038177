import type { LineCounter, YAMLError } from 'yaml';

/**
 * Messages by the code of the `yaml` library's errors. Its own messages quote the text, and a text may be a Secret
 * or a config with credentials, while these messages end up in CI logs and in warnings of the API server: none holds a
 * character of it. Source of the codes: `ErrorCode` of yaml 2.9, which its documentation calls stable.
 */
const FAULTS: Readonly<Record<YAMLError['code'], string>> = {
  ALIAS_PROPS: 'an alias (*) has an anchor (&) or a tag (!) of its own; take that away',
  BAD_ALIAS:
    'an anchor (&) or alias (*) has no name, or one that ends with a colon; quote a text that begins with & or *',
  BAD_COLLECTION_TYPE: 'a tag (!) does not fit the map or list that it stands before; take it away',
  BAD_DIRECTIVE: 'a line that begins with % is not a YAML directive; quote a text that begins with %',
  BAD_DQ_ESCAPE:
    'a backslash between double quotes does not begin a YAML escape; write it twice, or use single quotes',
  BAD_INDENT: 'a line is not indented as it must be, or a bracket or brace before it is not closed',
  BAD_PROP_ORDER:
    'an anchor (&) or a tag (!) stands before the indicator that it has to follow; put it after that',
  BAD_SCALAR_START: 'a text begins with a character that YAML reserves (@ or `); quote the text',
  BLOCK_AS_IMPLICIT_KEY:
    'a map or list begins in the middle of a line; put it on a line of its own, or quote a text that holds ": "',
  BLOCK_IN_FLOW:
    'a map or list in block style stands between brackets or braces; write it in brackets or braces too',
  DUPLICATE_KEY: 'a key stands twice in one map; keep one',
  IMPOSSIBLE: 'something stands here that cannot be read',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters; perhaps a colon is missing before',
  MISSING_CHAR:
    'a character is missing: a quote, bracket or brace that closes, a comma, a colon after a key, or a space',
  MULTILINE_IMPLICIT_KEY:
    'a key must stand on one line with its colon; perhaps the colon or a quote is missing',
  MULTIPLE_ANCHORS: 'a value has two anchors (&); keep one',
  MULTIPLE_DOCS: 'there is more than one document; separate them with --- into files',
  MULTIPLE_TAGS: 'a value has two tags (!); keep one',
  NON_STRING_KEY: 'a key is not a text; quote it',
  RESOURCE_EXHAUSTION: 'it is nested too deeply to be read',
  TAB_AS_INDENT: 'a tab stands where a line is indented; use spaces',
  TAG_RESOLVE_FAILED: 'a tag (!) is not known; quote a text that begins with !',
  UNEXPECTED_TOKEN:
    'something stands where it cannot; quote a text that begins with |, >, %, a bracket or a brace, or that goes on after its closing quote',
};

/** What is wrong with a YAML text by an error that its parser reports, with no character of the text. */
export function faultText({ code }: Pick<YAMLError, 'code'>): string {
  return Object.hasOwn(FAULTS, code) ? FAULTS[code] : FAULTS.IMPOSSIBLE;
}

/** An alias without an anchor. The library tells it without a code and by the name, which may be a part of a value. */
export const NO_ANCHOR = 'an alias (*) has no anchor of its name before it; quote a text that begins with *';

/** A merge key (`<<`) whose value cannot be merged. */
export const NO_MERGE_SOURCE =
  'the value of a merge key (<<) must be a map, an alias of a map, or a list of these';

/**
 * What is wrong by something that the parser threw, with no character of the text. Such errors have no code; where they
 * come from is told by their class and by words that quote nothing. Source: yaml 2.9, nodes/Alias.js and
 * schema/yaml-1.1/merge.js.
 */
export function thrownFaultText(error: unknown): string {
  if (!(error instanceof Error)) return FAULTS.IMPOSSIBLE;
  if ('code' in error) return faultText(error as YAMLError);
  if (error instanceof RangeError) return FAULTS.RESOURCE_EXHAUSTION;
  if (error.message.startsWith('Excessive alias count'))
    return 'its aliases (*) stand for too many copies; write them out';
  if (error.message.startsWith('Alias resolution is disabled'))
    return 'aliases (*) are not taken here; write them out';
  if (error.message.startsWith('Merge sources')) return NO_MERGE_SOURCE;
  if (error instanceof ReferenceError) return NO_ANCHOR;
  return FAULTS.IMPOSSIBLE;
}

/** A fault in a text, with its place. The message quotes nothing of the text, which may hold secrets. */
export class DocumentFault extends Error {
  readonly offset: number | undefined;

  constructor(message: string, offset?: number) {
    super(message);
    this.offset = offset;
  }

  /** The message with line and column, on one line. */
  at(lines: LineCounter): string {
    if (this.offset === undefined || this.offset < 0) return this.message;
    const { line, col } = lines.linePos(this.offset);
    return `${this.message}, at line ${line}, column ${col}`;
  }
}

/** A fault of the text itself: no reader takes it. */
export function notYaml(fault: string, offset?: number): DocumentFault {
  return new DocumentFault(`it is not valid YAML: ${fault}`, offset);
}
