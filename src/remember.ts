/**
 * A pure function of an object that is never changed, with a memory: the second question about the same object costs a
 * look-up. The memory goes with the object, and nobody can tell it from computing again.
 */
export function remember<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = compute(key);
      known.set(key, value);
    }
    return value;
  };
}
