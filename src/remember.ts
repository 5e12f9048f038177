/**
 * Remembers what a pure function returned for an object that is never changed: the second call for the same object costs a
 * look-up. The memory goes with the object.
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
