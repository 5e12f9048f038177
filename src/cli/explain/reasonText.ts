import { docsUrl } from '../../docs.ts';
import { EXCLUSION_REASONS, NOTE_REASONS, POD_REASONS } from '../../injection/report/reasons.ts';
import type { painter } from '../shared/stdio.ts';

type Paint = ReturnType<typeof painter>;

/** The reasons of injection by what they speak about, with a word for a list and a sentence for a page. */
const SUBJECTS = [
  { reasons: POD_REASONS, word: 'pod', about: 'A reason of injection: what became of a Pod.' },
  {
    reasons: EXCLUSION_REASONS,
    word: 'left out',
    about: 'A reason of injection: why a backend is left out.',
  },
  { reasons: NOTE_REASONS, word: 'note', about: 'A note of injection: served, but worth knowing.' },
] as const;

interface Reason {
  readonly id: string;
  readonly word: string;
  readonly about: string;
  readonly sentence: string;
}

const REASONS: readonly Reason[] = SUBJECTS.flatMap(({ reasons, word, about }) =>
  Object.entries(reasons).map(([id, sentence]) => ({ id, word, about, sentence })),
);

/** Every id that a Pod, a backend or a note of injection can have as its reason. */
export const REASON_IDS: readonly string[] = REASONS.map(({ id }) => id);

/** Where the docs explain a reason. `test/unit/injection/report/reasons.test.ts` holds the page to it. */
function reasonUrl(id: string): string {
  return docsUrl(`docs/injection.md#${id}`);
}

/** What a reason means, for a terminal; undefined when there is none of that id. */
export function reasonText(id: string, paint: Paint): string | undefined {
  const reason = REASONS.find((one) => one.id === id);
  if (!reason) return undefined;
  return `${paint('bold', id)}\n\n${reason.sentence}\n\n${reason.about} What to do: ${reasonUrl(id)}\n`;
}

/** A reason on a line: id, what it speaks about, its sentence. */
export function reasonLines(paint: Paint, width: number, prefix = ''): string[] {
  return REASONS.filter(({ id }) => id.startsWith(prefix)).map(
    ({ id, word, sentence }) =>
      `${paint('bold', id.padEnd(width))}  ${paint('dim', word.padEnd(8))}  ${sentence}`,
  );
}
