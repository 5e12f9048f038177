import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { defaultPolicy, type Policy } from '../validation/policy.ts';
import { parsePolicy } from '../validation/policyFile.ts';

/** The policy of `--policy FILE`, or every reason why it cannot be used; without a file the default policy. */
export async function loadPolicy(
  file: string | undefined,
): Promise<
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problems: readonly string[] }
> {
  if (file === undefined) return { ok: true, policy: defaultPolicy() };
  let raw: unknown;
  try {
    raw = parse(await readFile(file, 'utf8'), { maxAliasCount: 0 });
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : 'unreadable';
    return { ok: false, problems: [`${file}: ${reason}`] };
  }
  const parsed = parsePolicy(raw);
  return parsed.ok
    ? parsed
    : { ok: false, problems: parsed.problems.map((problem) => `${file}: ${problem}`) };
}
