import { oneLine } from '../text/line.ts';

/** kubectl shows each warning on a line of its own; more than a handful hides what matters. */
const MAX_WARNINGS = 6;
/** Beyond 4,096 characters in total the API server cuts each warning to this. */
export const MAX_WARNING_LENGTH = 256;

/**
 * Warnings as the API server takes them: one line each, no control characters, at most 256 characters, without the
 * `Warning:` that kubectl prints itself, none twice, at most six; when there are more, the sixth says how many.
 */
export function toWarnings(warnings: readonly string[]): string[] {
  const lines = new Set<string>();
  for (const warning of warnings) {
    const line = oneLine(warning.replace(/^\s*warning:\s*/i, ''), MAX_WARNING_LENGTH);
    if (line !== '') lines.add(line);
  }
  const all = [...lines];
  if (all.length <= MAX_WARNINGS) return all;
  const shown = all.slice(0, MAX_WARNINGS - 1);
  return [
    ...shown,
    `and ${all.length - shown.length} more warnings; run \`vmcp-admission check\` to see all`,
  ];
}
