import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { type DocumentText, type Position, type YamlTree, yamlTree } from './kubectlYaml/yamlText.ts';
import type { ManifestDocument } from './manifest.ts';

/** A node, where it is written, and the part of a path that leads below it. */
interface Step {
  readonly node: unknown;
  readonly offset: number;
  readonly rest: string;
}

const ITEM = /^\[(\d+)\]/;

/** The node that an alias refers to; any other node itself. */
function target(node: unknown, document: Document.Parsed): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

/** The rest of a path behind a key, which is written `.key` or `[key]`; undefined when the path has another key there. */
function behind(path: string, key: string): string | undefined {
  for (const written of [`.${key}`, `[${key}]`]) {
    const rest = path.slice(written.length);
    if (path.startsWith(written) && /^(?:$|[.[])/.test(rest)) return rest;
  }
  return undefined;
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0];
}

function isMerge({ key }: Pair): boolean {
  return isScalar(key) && (typeof key.value === 'symbol' || key.value === '<<');
}

/** The value of a map that a path leads to. A key may have dots, so the longest key that fits is the one. */
function stepIntoMap(map: YAMLMap, { offset, rest }: Step, document: Document.Parsed): Step | undefined {
  let best: Step | undefined;
  for (const { key, value } of map.items) {
    const left = isScalar(key) ? behind(rest, String(key.value)) : undefined;
    if (left !== undefined && (best === undefined || left.length < best.rest.length))
      best = { node: value, offset: offsetOf(key) ?? offset, rest: left };
  }
  if (best !== undefined) return best;
  for (const { value } of map.items.filter(isMerge))
    for (const source of isSeq(value) ? value.items : [value]) {
      const merged = target(source, document);
      const step = isMap(merged) ? stepIntoMap(merged, { node: merged, offset, rest }, document) : undefined;
      if (step !== undefined) return step;
    }
  return undefined;
}

function stepInto(step: Step, document: Document.Parsed): Step | undefined {
  const node = target(step.node, document);
  if (isMap(node)) return stepIntoMap(node, step, document);
  const [written, index] = ITEM.exec(step.rest) ?? [];
  if (!isSeq(node) || written === undefined) return undefined;
  const item = node.items[Number(index)];
  if (item === undefined) return undefined;
  return { node: item, offset: offsetOf(item) ?? step.offset, rest: step.rest.slice(written.length) };
}

/** Where a path leads, or where it leaves the document: a missing field is where it would be. */
function offsetAt(path: string, document: Document.Parsed): number {
  const start = offsetOf(document.contents) ?? document.range[0];
  let step: Step = { node: document.contents, offset: start, rest: path };
  for (let next: Step | undefined = step; next !== undefined; next = stepInto(step, document)) {
    step = next;
    if (step.rest === '') break;
  }
  return step.offset;
}

/** Finds fields of objects in their files. Asked in the order of a file, it parses each document once. */
export class Positions {
  #source: DocumentText | undefined;
  #tree: YamlTree | undefined;

  #treeOf(source: DocumentText): YamlTree | undefined {
    if (source !== this.#source) {
      this.#source = source;
      this.#tree = yamlTree(source);
    }
    return this.#tree;
  }

  /**
   * The place of a field of an object: that of its key, or of the nearest field above that is written.
   * @param field a path as findings have it: `spec.list[0].name`, `spec.map[a.b/c]`; a key that is not shown is not found
   */
  of({ line, origin }: ManifestDocument, field: string): Position {
    // A clean object is not parsed again: only its line is asked for.
    if (field === '' && !origin?.path) return { line, column: 1 };
    const tree = origin && this.#treeOf(origin.source);
    if (!tree) return { line, column: 1 };
    return tree.at(offsetAt(`${origin.path}${field === '' ? '' : `.${field}`}`, tree.document));
  }
}
