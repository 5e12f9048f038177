import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXCLUSION_REASONS, NOTE_REASONS, POD_REASONS } from '../../../../src/injection/report/reasons.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/injection.md'), 'utf8');
const explained = [...page.matchAll(/^### (\S+)$/gm)].map((match) => match[1]);

it('explains every reason of injection once, and no other', () => {
  const ids = [POD_REASONS, EXCLUSION_REASONS, NOTE_REASONS].flatMap((reasons) => Object.keys(reasons));
  expect(explained.toSorted()).toEqual(ids.toSorted());
});

it.each([POD_REASONS, EXCLUSION_REASONS, NOTE_REASONS])(
  'has ids of lower-case words with hyphens',
  (reasons) => {
    for (const id of Object.keys(reasons)) expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  },
);
