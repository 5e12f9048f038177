/** Returns a function that is true for a key once in so many milliseconds. */
export function seldom(ms: number): (key: string) => boolean {
  const next = new Map<string, number>();
  return (key) => {
    const now = performance.now();
    if (now < (next.get(key) ?? 0)) return false;
    next.set(key, now + ms);
    return true;
  };
}
