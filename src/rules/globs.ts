/** True when the text is the glob. The first place of each part is the best one, so the time is linear in both. */
function matches(text: string, glob: string): boolean {
  const [head = '', ...parts] = glob.split('*');
  const tail = parts.pop();
  if (tail === undefined) return text === glob;
  if (!text.startsWith(head) || !text.endsWith(tail)) return false;
  let place = head.length;
  for (const part of parts) {
    const found = text.indexOf(part, place);
    if (found < 0) return false;
    place = found + part.length;
  }
  return place + tail.length <= text.length;
}

/** True when the text is one of the globs, in which `*` stands for any characters. */
export function matchesGlob(text: string, globs: readonly string[]): boolean {
  return globs.some((glob) => matches(text, glob));
}
