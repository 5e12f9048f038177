import type { HeaderForward } from '../../toolhive/models/headerForward.ts';
import { forbidden } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny } from '../rule.ts';
import type { Header } from './header.ts';

export const headerExpansionRules = {
  'header-value-expansion': deny(
    'Headers must not have anything that the kubelet expands.',
    'MCPServerEntry',
  ),
};

/**
 * True for what the kubelet expands or folds in an env value: `$(…)` and `$$`. Source: Kubernetes'
 * `third_party/forked/golang/expansion`. Searched by hand, since a pattern would be quadratic in a row of `$(`.
 */
export function isExpanded(text: string): boolean {
  if (text.includes('$$')) return true;
  const open = text.indexOf('$(');
  return open >= 0 && text.includes(')', open);
}

const IN_VALUE =
  'must not contain "$(…)" or "$$": the kubelet would put another variable of the vMCP, such as a client secret, in its place and send it to this server; use addHeadersFromSecret for such a value';
const IN_NAME =
  'the name must not contain "$(…)" or "$$": it is part of a variable of the vMCP, in which the kubelet replaces the first by another variable, such as a client secret, and the second by "$"; rename the header';

/**
 * Names and values of plaintext headers and names of secret headers. All of them are part of one environment variable.
 * @param receiver the URL that the headers are sent to
 */
export function checkExpansion(
  plain: readonly Header[],
  secret: readonly Header[],
  { plaintext }: HeaderForward,
  receiver: string | undefined,
): Finding[] {
  const rule = 'header-value-expansion';
  const findings: Finding[] = [];
  for (const header of plain) {
    const value = plaintext[header.name] ?? '';
    const inValue = isExpanded(value);
    if (inValue || isExpanded(header.name))
      findings.push(
        forbidden({ rule, field: header.field, raw: value, receiver, detail: inValue ? IN_VALUE : IN_NAME }),
      );
  }
  for (const header of secret)
    if (isExpanded(header.name))
      findings.push(
        forbidden({ rule, field: header.field, raw: header.canonical, receiver, detail: IN_NAME }),
      );
  return findings;
}
