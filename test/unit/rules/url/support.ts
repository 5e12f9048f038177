import { RULES } from '../../../../src/rules/index.ts';
import { defaultPolicy, type UrlPolicy } from '../../../../src/rules/policy/policy.ts';
import { judgeUrl } from '../../../../src/rules/url/judge.ts';

export const POLICY: UrlPolicy = defaultPolicy().url;

/** The ids of the rules that a URL breaks under the default levels, denials and warnings apart. */
export function verdictOn(
  url: string,
  allowPrivate = false,
  policy: UrlPolicy = POLICY,
): { readonly denied: readonly string[]; readonly warned: readonly string[] } {
  const { problems } = judgeUrl(url, allowPrivate, policy);
  const at = (level: string) =>
    problems.filter(({ rule }) => RULES[rule].level === level).map(({ rule }) => rule);
  return { denied: at('deny'), warned: at('warn') };
}
