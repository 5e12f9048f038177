import { shownPath } from '../findings/fieldPath.ts';
import { duplicate } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny } from '../rule.ts';
import { FORWARD, FORWARDING, type Header, headerValue, shownHeader } from './header.ts';

export const headerDuplicateRules = {
  'header-duplicate': deny('A header must be set only once, whatever its case.', ...FORWARDING),
};

/** A header that is set twice, in another case or from both sources. Which value is sent is not defined. */
export function checkDuplicates(headers: readonly Header[]): Finding[] {
  const first = new Map<string, Header>();
  const findings: Finding[] = [];
  for (const one of headers) {
    const earlier = first.get(one.canonical);
    if (earlier === undefined) first.set(one.canonical, one);
    else
      findings.push(
        duplicate({
          rule: 'header-duplicate',
          // Of two headers the later one is reported, whichever that is: reordering them changes nothing.
          field: { shown: shownPath(one.field), stable: FORWARD },
          violations: [{ parts: [one.canonical] }],
          ...headerValue(one.name),
          detail: `${shownHeader(one.name)} is already set by ${shownPath(earlier.field)}; which of the two is sent is left to chance`,
        }),
      );
  }
  return findings;
}
