import { forbidden } from './finding.ts';
import type { Finding } from './verdict.ts';

/**
 * True for what the kubelet expands or folds in an env value (gap H2): `$(…)` and `$$`. Source: Kubernetes'
 * `third_party/forked/golang/expansion`. Searched by hand, since a pattern would be quadratic in a row of `$(`.
 */
export function isExpanded(text: string): boolean {
  if (text.includes('$$')) return true;
  const open = text.indexOf('$(');
  return open >= 0 && text.includes(')', open);
}

/**
 * The finding about a header that the kubelet would expand, by its value or its name: names and values of plaintext headers
 * and names of secret ones stand in one variable.
 * @param value of a plaintext header; a secret one is there by its name only
 * @param receiver the URL that the headers are sent to
 */
export function expanded(
  field: string,
  name: string,
  value: string | undefined,
  receiver: string | undefined,
): Finding {
  const said = { rule: 'header-value-expansion', field, raw: value ?? name, receiver } as const;
  return value !== undefined && isExpanded(value)
    ? forbidden({
        ...said,
        detail:
          'must not contain "$(…)" or "$$": the kubelet would put another variable of the vMCP, such as a client secret, in its place and send it to this server; use addHeadersFromSecret for such a value',
      })
    : forbidden({
        ...said,
        detail:
          'the name must not contain "$(…)" or "$$": it stands in a variable of the vMCP, in which the kubelet puts another variable, such as a client secret, in the place of the first and "$" in that of the second; choose a name without them',
      });
}
