import type { Catalog } from '../catalog/catalog.ts';
import { withExceptions } from '../rules/findings/exceptions.ts';
import { CLEAN } from '../rules/findings/levels.ts';
import type { Verdict } from '../rules/findings/verdict.ts';
import type { RuleId } from '../rules/index.ts';
import type { Policy } from '../rules/policy/policy.ts';
import type { ToolhiveObject } from '../toolhive/object.ts';
import { concernsOthers, judgeStored } from './judge.ts';
import { ScopedPolicies } from './scopedPolicies.ts';

/** How much of the event loop the scan takes. In milliseconds. */
export interface ScanTiming {
  /** From a change until it is judged, so that a burst of changes is judged once. */
  readonly delay: number;
  /** Of work in one go; a review waits no longer than this, and for the last object. */
  readonly slice: number;
  /** Between two slices, at least. */
  readonly pause: number;
  /** Between two slices, as a multiple of the time that the last one took. */
  readonly rest: number;
}

/** At most 1 % of one core, with room for what the timers themselves cost. */
const TIMING: ScanTiming = { delay: 1_000, slice: 2, pause: 200, rest: 120 };

export type Level = 'deny' | 'warn';

/** How many findings of a rule all stored objects have at a level. */
export interface FindingCount {
  readonly rule: RuleId;
  readonly level: Level;
  readonly count: number;
}

/** A stored object with the numbers of its findings; the findings themselves are not kept. */
export interface StoredObject {
  readonly object: ToolhiveObject;
  readonly counts: readonly FindingCount[];
}

interface Held {
  object: ToolhiveObject;
  counts: readonly FindingCount[];
}

export interface StoredScanDeps {
  /** For the dates that rules compare. */
  readonly now: () => Date;
  /** Milliseconds from a fixed moment. */
  readonly clock?: () => number;
  readonly timing?: ScanTiming;
}

const NONE: readonly FindingCount[] = [];

function countFindings({ denials, warnings }: Verdict): readonly FindingCount[] {
  if (denials.length + warnings.length === 0) return NONE;
  const at = (level: Level, findings: Verdict['denials']) =>
    [...Map.groupBy(findings, ({ rule }) => rule)].map(([rule, { length }]) => ({
      rule,
      level,
      count: length,
    }));
  return [...at('deny', denials), ...at('warn', warnings)];
}

/**
 * Counts the findings of everything that the catalog holds. A changed object is judged soon; when the change concerns others,
 * all objects of its namespace are judged after it, since the rules see one namespace. The work is done in slices of some
 * milliseconds with long pauses between them, so it takes at most 1 % of a core whatever happens, and nothing at rest.
 * Judging 10,000 entries takes some 0.1 s of CPU, and so some 20 s.
 */
export class StoredScan {
  readonly #deps: Required<StoredScanDeps>;
  /** Undefined before the start and after the end. */
  #judged:
    | { readonly catalog: Catalog; readonly exempt: ReadonlySet<string>; readonly policies: ScopedPolicies }
    | undefined;
  readonly #stopped = new AbortController();
  readonly #namespaces = new Map<string, Map<string, Held>>();
  /** Objects to judge before all others. */
  readonly #changed = new Set<Held>();
  /** Namespaces whose objects all have to be judged. */
  readonly #dirty = new Set<string>();
  /** What is left of the namespace that is being judged. */
  #sweep: Iterator<Held, void> | undefined;
  readonly #totals = new Map<string, FindingCount>();
  #timer: NodeJS.Timeout | undefined;
  /** Called when everything has been judged. */
  #onDone: (() => void) | undefined;

  constructor(deps: StoredScanDeps) {
    this.#deps = { clock: () => performance.now(), timing: TIMING, ...deps };
  }

  /** Begins to judge. Until then changes are only noted: what is not read yet would look missing. */
  start(catalog: Catalog, policy: Policy, onDone?: () => void): void {
    this.#judgeBy(catalog, policy);
    this.#onDone = onDone;
    this.#wake();
  }

  #judgeBy(catalog: Catalog, policy: Policy): void {
    const again = (namespace: string) => {
      this.#dirty.add(namespace);
      this.#wake();
    };
    const policies = new ScopedPolicies(catalog, policy, this.#stopped.signal, again);
    this.#judged = { catalog, exempt: policy.exemptNamespaces, policies };
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopped.abort();
    this.#judged = undefined;
  }

  /** Judges everything again, by another policy. */
  use(policy: Policy): void {
    if (this.#judged === undefined) return;
    this.#judgeBy(this.#judged.catalog, policy);
    for (const namespace of this.#namespaces.keys()) this.#dirty.add(namespace);
    this.#wake();
  }

  /** Takes a change of the catalog. */
  readonly changed = (before: ToolhiveObject | undefined, after: ToolhiveObject | undefined): void => {
    const object = after ?? before;
    if (object === undefined) return;
    const { namespace, name } = object.metadata;
    const held = this.#namespaces.get(namespace) ?? new Map<string, Held>();
    this.#namespaces.set(namespace, held);
    const key = `${object.kind} ${name}`;
    const known = held.get(key);
    if (after === undefined) this.#forget(namespace, key);
    else if (known) known.object = after;
    else held.set(key, { object: after, counts: NONE });
    const now = held.get(key);
    if (now && this.#judged) this.#changed.add(now);
    if (concernsOthers(before, after)) this.#dirty.add(namespace);
    this.#wake();
  };

  /** True while something is not judged in its present form. */
  get pending(): boolean {
    return this.#changed.size > 0 || this.#dirty.size > 0 || this.#sweep !== undefined;
  }

  /** The findings of all objects. A rule that once had one stays, with 0. */
  counts(): Iterable<FindingCount> {
    return this.#totals.values();
  }

  /** The objects that have findings. */
  *withFindings(): Generator<StoredObject> {
    for (const objects of this.#namespaces.values())
      for (const held of objects.values()) if (held.counts.length > 0) yield held;
  }

  /** The verdict on a stored object at this moment. */
  judge(object: ToolhiveObject): Verdict {
    const { namespace } = object.metadata;
    if (!this.#judged || this.#judged.exempt.has(namespace)) return CLEAN;
    const { catalog, policies } = this.#judged;
    const now = this.#deps.now();
    const policy = withExceptions(policies.of(namespace), { kind: object.kind, ...object.metadata }, now);
    return judgeStored(object, catalog.namespace(namespace), policy, now);
  }

  #forget(namespace: string, key: string): void {
    const objects = this.#namespaces.get(namespace);
    const gone = objects?.get(key);
    if (gone === undefined) return;
    this.#count(gone, NONE);
    this.#changed.delete(gone);
    objects?.delete(key);
    if (objects?.size === 0) this.#namespaces.delete(namespace);
  }

  #count(held: Held, counts: readonly FindingCount[]): void {
    const add = ({ rule, level, count }: FindingCount, sign: 1 | -1) => {
      const key = `${rule} ${level}`;
      const before = this.#totals.get(key)?.count ?? 0;
      this.#totals.set(key, { rule, level, count: before + sign * count });
    };
    for (const one of held.counts) add(one, -1);
    for (const one of counts) add(one, 1);
    held.counts = counts;
  }

  #next(): Held | undefined {
    for (const held of this.#changed) {
      this.#changed.delete(held);
      return held;
    }
    while (this.#sweep !== undefined || this.#dirty.size > 0) {
      if (this.#sweep === undefined) {
        const [namespace = ''] = this.#dirty;
        this.#dirty.delete(namespace);
        this.#sweep = this.#namespaces.get(namespace)?.values();
      }
      const next = this.#sweep?.next();
      if (next !== undefined && !next.done) return next.value;
      this.#sweep = undefined;
    }
    return undefined;
  }

  #wake(): void {
    if (this.#judged && this.pending) this.#after(this.#deps.timing.delay);
  }

  #after(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#slice();
    }, ms).unref();
  }

  #slice(): void {
    const { clock, timing } = this.#deps;
    const began = clock();
    let spent = 0;
    while (spent < timing.slice) {
      const held = this.#next();
      if (held === undefined) {
        this.#onDone?.();
        return;
      }
      this.#count(held, countFindings(this.judge(held.object)));
      spent = clock() - began;
    }
    this.#after(Math.max(timing.pause, spent * timing.rest));
  }
}
