import fc from 'fast-check';
import { stringify } from 'yaml';
import { KEYS, VALUES } from './values.ts';

/** Numbers that decide about one change, so that it can be made again. */
export interface Dice {
  readonly place: number;
  readonly kind: number;
  readonly choice: number;
}

export const dice: fc.Arbitrary<Dice> = fc.record({ place: fc.nat(), kind: fc.nat(), choice: fc.nat() });

type Key = string | number;
type Container = Record<Key, unknown>;

/** A change to the data of a config: what it is called, and the config as text. */
export interface Mutant {
  readonly change: string;
  readonly yaml: string;
}

/** All places in the data below the root, as keys from there. */
function places(value: unknown, path: readonly Key[] = []): (readonly Key[])[] {
  if (typeof value !== 'object' || value === null) return path.length > 0 ? [path] : [];
  const keys: Key[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const below = keys.flatMap((key) => places((value as Container)[key], [...path, key]));
  return path.length > 0 ? [path, ...below] : below;
}

function parentOf(root: unknown, path: readonly Key[]): Container {
  let value = root as Container;
  for (const key of path.slice(0, -1)) value = value[key] as Container;
  return value;
}

function pick<T>(list: readonly T[], number: number): T {
  return list[number % list.length]!;
}

function misspelt(key: string, choice: number): string {
  const spellings = [
    key.charAt(0).toUpperCase() + key.slice(1),
    key.slice(0, -1),
    `${key}s`,
    key.toUpperCase(),
    key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    ...KEYS,
  ];
  return pick(spellings, choice);
}

/** Stands for a text of VALUES until the data is written; a text that cannot be in a config. */
const marker = (index: number) => `@value-${index}@`;

/** Puts a pair where another one stands, in its order: a repeated name survives in the text only. */
function renamed(parent: Container, key: Key, name: string): void {
  const pairs = Object.entries(parent).map(([old, value]) => [old === key ? name : old, value] as const);
  for (const old of Object.keys(parent)) delete parent[old];
  for (const [old, value] of pairs)
    Object.defineProperty(parent, old, { value, enumerable: true, configurable: true, writable: true });
}

/** The changes to one place. Each says what it did. */
const CHANGES: readonly ((parent: Container, key: Key, choice: number) => string)[] = [
  (parent, key) => {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
    return 'removed';
  },
  (parent, key, choice) => {
    if (Array.isArray(parent)) {
      parent.push(parent[Number(key)]);
      return 'said twice';
    }
    const name = misspelt(String(key), choice);
    renamed(parent, key, name);
    return `renamed to ${JSON.stringify(name)}`;
  },
  (parent, key, choice) => {
    const name = Array.isArray(parent) ? parent.length : misspelt(String(key), choice);
    const value = marker(choice % VALUES.length);
    Object.defineProperty(parent, name, { value, enumerable: true, configurable: true, writable: true });
    return `beside it ${JSON.stringify(name)}: ${pick(VALUES, choice)}`;
  },
  (parent, key, choice) => {
    parent[key] = parent[pick(Object.keys(parent), choice)];
    return 'replaced by what stands beside it';
  },
  ...Array.from({ length: 5 }, () => (parent: Container, key: Key, choice: number) => {
    parent[key] = marker(choice % VALUES.length);
    return `= ${pick(VALUES, choice)}`;
  }),
];

function written(data: unknown): string {
  const text = stringify(data, { lineWidth: 0, aliasDuplicateObjects: false });
  return text.replace(/"?@value-(\d+)@"?/g, (_, index) => VALUES[Number(index)] ?? '');
}

/** Changes some places of a config, one after the other. */
export function mutateData(data: unknown, dice: readonly Dice[]): Mutant {
  const copy = structuredClone(data);
  const changes: string[] = [];
  for (const { place, kind, choice } of dice) {
    const all = places(copy);
    if (all.length === 0) break;
    const path = pick(all, place);
    changes.push(`${path.join('.')} ${pick(CHANGES, kind)(parentOf(copy, path), path.at(-1)!, choice)}`);
  }
  return { change: changes.join('; '), yaml: written(copy) };
}
