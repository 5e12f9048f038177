/** How far apart two words are: insertions, deletions and replacements (Levenshtein). Quadratic, so words are cut. */
function distance(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    let before = i;
    row[0] = i + 1;
    for (let j = 0; j < b.length; j++) {
      const above = row[j + 1] ?? 0;
      const replaced = before + (a.charCodeAt(i) === b.charCodeAt(j) ? 0 : 1);
      row[j + 1] = Math.min(above + 1, (row[j] ?? 0) + 1, replaced);
      before = above;
    }
  }
  return row[b.length] ?? 0;
}

const MAX_WORD = 64;
const MAX_CHOICES = 5;

/** True for a word that differs from another by a slip or two of the keyboard. */
export function isSpeltAlike(word: string, other: string): boolean {
  return distance(word.slice(0, MAX_WORD), other) <= 2;
}

/** The choices that a word may mean, in upper or lower case: those that contain it, then the nearest, at most five. */
export function closest(word: string, choices: readonly string[]): string[] {
  const meant = word.toLowerCase().slice(0, MAX_WORD);
  const holding = meant.length < 3 ? [] : choices.filter((choice) => choice.toLowerCase().includes(meant));
  const near = choices
    .map((choice) => ({ choice, away: distance(meant, choice.toLowerCase()) }))
    .filter(({ choice, away }) => away <= choice.length / 2 && !holding.includes(choice))
    .sort((a, b) => a.away - b.away || (a.choice < b.choice ? -1 : 1))
    .map(({ choice }) => choice);
  return [...holding, ...near].slice(0, MAX_CHOICES);
}
