/**
 * The order in which objects are judged: those that changed come first, then the members of one namespace after another.
 * An object or a namespace that is added twice is given once.
 */
export class JudgingQueue<T> {
  readonly #membersOf: (namespace: string) => Iterable<T>;
  readonly #changed = new Set<T>();
  /** Namespaces whose members all have to be judged. */
  readonly #namespaces = new Set<string>();
  /** What is left of the namespace that is being judged. */
  #sweep: Iterator<T, void> | undefined;

  /** @param membersOf the members at this moment; its iterator skips those that are removed meanwhile */
  constructor(membersOf: (namespace: string) => Iterable<T>) {
    this.#membersOf = membersOf;
  }

  get isEmpty(): boolean {
    return this.#changed.size === 0 && this.#namespaces.size === 0 && this.#sweep === undefined;
  }

  add(item: T): void {
    this.#changed.add(item);
  }

  addNamespace(namespace: string): void {
    this.#namespaces.add(namespace);
  }

  /** Forgets an item that is no longer a member. */
  remove(item: T): void {
    this.#changed.delete(item);
  }

  /** Takes the next item; undefined when all are judged. */
  next(): T | undefined {
    for (const item of this.#changed) {
      this.#changed.delete(item);
      return item;
    }
    while (!this.isEmpty) {
      this.#sweep ??= this.#nextNamespace();
      const next = this.#sweep.next();
      if (!next.done) return next.value;
      this.#sweep = undefined;
    }
    return undefined;
  }

  #nextNamespace(): Iterator<T, void> {
    const [namespace = ''] = this.#namespaces;
    this.#namespaces.delete(namespace);
    return this.#membersOf(namespace)[Symbol.iterator]();
  }
}
