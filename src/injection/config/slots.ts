import { isAlias, isMap, isScalar, type Pair, type YAMLMap } from 'yaml';
import { blockPair, flowText, quotedScalar, type YamlValue } from './render.ts';

/**
 * A place in a YAML text where the value of one key of a mapping stands, or where it can be put in. Everything outside of
 * the places that are filled keeps its bytes, and so its types: a re-emitted integer that became a string made the vMCP
 * refuse its file.
 */
export interface Slot {
  readonly start: number;
  readonly end: number;
  /** The text that takes the place. */
  render(value: YamlValue): string;
}

export function findPair(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

function rangeOf(node: unknown): readonly [start: number, end: number] | undefined {
  const range = (node as { range?: readonly number[] | null } | null)?.range;
  const [start, end] = range ?? [];
  return start === undefined || end === undefined ? undefined : [start, end];
}

/** Where a pair begins: at its key, or at the `?` before it. */
function pairStart(text: string, keyAt: number): number {
  const explicit = /\?[ \t]+$/.exec(text.slice(text.lastIndexOf('\n', keyAt - 1) + 1, keyAt));
  return explicit ? keyAt - explicit[0].length : keyAt;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

/** The end of the line at the offset, after its line break; the offset itself when it is at the start of a line. */
function lineEnd(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === '\n') return offset;
  const next = text.indexOf('\n', offset);
  return next < 0 ? text.length : next + 1;
}

function replaceFlow(text: string, pair: Pair): Slot | undefined {
  const key = rangeOf(pair.key);
  const value = rangeOf(pair.value);
  if (!key || !value) return undefined;
  // The separator goes too, since a value may have an anchor or a tag before it.
  const name = isScalar(pair.key) ? String(pair.key.value) : text.slice(...key);
  return {
    start: pairStart(text, key[0]),
    end: Math.max(key[1], value[1]),
    render: (item) => `${quotedScalar(name)}: ${flowText(item)}`,
  };
}

function insertFlow(text: string, map: YAMLMap, key: string): Slot | undefined {
  const range = rangeOf(map);
  if (!range) return undefined;
  const at = range[0] + 1;
  if (text[range[0]] !== '{') return undefined;
  const rest = map.items.length > 0 ? ', ' : '';
  return { start: at, end: at, render: (item) => `${quotedScalar(key)}: ${flowText(item)}${rest}` };
}

function blockSlot(text: string, map: YAMLMap, key: string): Slot | undefined {
  const pair = findPair(map, key);
  const at = rangeOf((pair ?? map.items[0])?.key);
  if (!at) return undefined;
  const start = pairStart(text, at[0]);
  const column = columnOf(text, start);
  if (!pair)
    return {
      start,
      end: start,
      render: (item) => `${blockPair(key, item, column)}\n${' '.repeat(column)}`,
    };
  const end = lineEnd(text, Math.max(rangeOf(pair.value)?.[1] ?? 0, at[1]));
  return { start, end, render: (item) => `${blockPair(key, item, column)}\n` };
}

/**
 * The place of `key` in a mapping, block or flow style. Undefined where none can be told: the caller then cannot change
 * the text.
 */
export function slotOf(text: string, map: YAMLMap, key: string): Slot | undefined {
  if (!map.flow) return blockSlot(text, map, key);
  const pair = findPair(map, key);
  return pair ? replaceFlow(text, pair) : insertFlow(text, map, key);
}

/** The text with some of its slots filled. Slots may not overlap; what is put in comes before what stands there. */
export function fillSlots(
  text: string,
  filled: readonly (readonly [slot: Slot, value: YamlValue])[],
): string {
  const ordered = filled.toSorted(([a], [b]) => a.start - b.start || a.end - b.end);
  let result = '';
  let at = 0;
  for (const [slot, value] of ordered) {
    result += text.slice(at, slot.start) + slot.render(value);
    at = slot.end;
  }
  return result + text.slice(at);
}

/** True for a mapping that stands in the text itself, not behind an alias. */
export function isOwnMap(node: unknown): node is YAMLMap {
  return isMap(node) && !isAlias(node);
}
