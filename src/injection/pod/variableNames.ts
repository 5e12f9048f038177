import { hash } from 'node:crypto';
import { compare } from '../contract.ts';

/** A variable that is needed, by the name that ToolHive would give it. */
export interface Wish {
  readonly name: string;
  /** What the variable is for. Two purposes never share a variable. */
  readonly purpose: string;
}

/** The variables that a vMCP uses already. */
export interface NamesInUse {
  /** True for a variable that the owner of the vMCP sets. */
  sets(name: string): boolean;
  /** True for a variable that the base config, or anything in the container, reads. */
  reads(name: string): boolean;
  /** True for a variable that an `envFrom` of the container may set. */
  mayImport(name: string): boolean;
  /** Names that a part of the base config keeps using, each with the purpose it uses them for. */
  readonly fixed: ReadonlyMap<string, string>;
}

const no = () => false;

/** Nothing is in use. */
export const NO_NAMES: NamesInUse = { sets: no, reads: no, mayImport: no, fixed: new Map() };

function isTaken(name: string, inUse: NamesInUse): boolean {
  return inUse.sets(name) || inUse.reads(name);
}

/** The chosen name of a wish. */
export type ChosenName = (wish: Wish) => string;

/** Hex digits of a hash: 64 bits, so that a second text with the hash of a given one cannot be found. */
const HASH_DIGITS = 16;
/** The most characters that a chosen name adds to ToolHive's name. */
export const LONGEST_SUFFIX = HASH_DIGITS + 1;

function hashOf(text: string): string {
  return hash('sha256', text).slice(0, HASH_DIGITS).toUpperCase();
}

function keyOf({ name, purpose }: Wish): string {
  return `${name}\n${purpose}`;
}

function hashedName({ name, purpose }: Wish, used: ReadonlySet<string>, inUse: NamesInUse): string {
  for (let attempt = 0; ; attempt++) {
    const salted = attempt === 0 ? purpose : `${purpose}\n${attempt}`;
    const candidate = `${name}_${hashOf(salted)}`;
    if (!used.has(candidate) && !isTaken(candidate, inUse)) return candidate;
  }
}

/**
 * Gives every purpose a variable of its own: the name that ToolHive would give it where one purpose alone wants it and it
 * is free, else that name with a hash of the purpose. Independent of the order of the wishes.
 */
export function chooseNames(wishes: readonly Wish[], inUse: NamesInUse): ChosenName {
  const unique = new Map(wishes.map((wish) => [keyOf(wish), wish]));
  const wanted = [...unique.values()].sort((a, b) => compare(keyOf(a), keyOf(b)));
  const byName = Map.groupBy(wanted, ({ name }) => name);
  const isPlain = ({ name, purpose }: Wish) =>
    inUse.fixed.has(name)
      ? inUse.fixed.get(name) === purpose
      : byName.get(name)?.length === 1 && !isTaken(name, inUse) && !inUse.mayImport(name);
  const chosen = new Map<string, string>();
  const used = new Set<string>();
  const choose = (wish: Wish, name: string) => {
    chosen.set(keyOf(wish), name);
    used.add(name);
  };
  // All plain names first, so that no hashed name takes one of them.
  for (const wish of wanted) if (isPlain(wish)) choose(wish, wish.name);
  for (const wish of wanted) if (!chosen.has(keyOf(wish))) choose(wish, hashedName(wish, used, inUse));
  return (wish) => chosen.get(keyOf(wish)) ?? wish.name;
}
