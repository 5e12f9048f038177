import { readFile } from 'node:fs/promises';
import { parse, YAMLError } from 'yaml';
import { fileErrorText } from '../catalog/manifests/files.ts';
import { defaultPolicy, type Policy } from '../rules/policy/policy.ts';
import { parsePolicy } from '../rules/policy/policyFile.ts';
import type { ToolhiveVersion } from '../toolhive/versions.ts';
import { thrownFaultText } from '../yaml/fault.ts';

/** Where and why a policy file cannot be read, to follow its name; nothing of its text. */
function notRead(error: unknown): string {
  const errno = error instanceof Error && 'errno' in error;
  if (errno) return `: ${fileErrorText(error)}`;
  const [at] = (error instanceof YAMLError && error.linePos) || [];
  return `${at ? `:${at.line}:${at.col}` : ''}: is not usable YAML: ${thrownFaultText(error)}`;
}

/**
 * The policy of `--policy FILE`, or every reason why it cannot be used; without a file the default policy.
 * @param toolhive what `--toolhive-version` says
 */
export async function loadPolicy(
  file: string | undefined,
  toolhive?: ToolhiveVersion,
): Promise<
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problems: readonly string[] }
> {
  if (file === undefined) return { ok: true, policy: { ...defaultPolicy(), toolhive } };
  let raw: unknown;
  try {
    raw = parse(await readFile(file, 'utf8'), { maxAliasCount: 0, logLevel: 'error' });
  } catch (error) {
    return { ok: false, problems: [`${file}${notRead(error)}`] };
  }
  const parsed = parsePolicy(raw);
  return parsed.ok
    ? { ok: true, policy: { ...parsed.policy, toolhive } }
    : { ok: false, problems: parsed.problems.map((problem) => `${file}: ${problem}`) };
}
