import { defaultPolicy, type Policy } from '../../rules/policy/policy.ts';
import { parsePolicy } from '../../rules/policy/policyFile.ts';
import type { ToolhiveVersion } from '../../toolhive/versions.ts';
import { readYamlFile } from './yamlFile.ts';

export type LoadedPolicy =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The policy for a release of ToolHive, at the top level and in each scope. */
function withVersion(policy: Policy, toolhive: ToolhiveVersion | undefined): Policy {
  const scopes = policy.scopes.map((scope) => ({ ...scope, policy: { ...scope.policy, toolhive } }));
  return { ...policy, scopes, toolhive };
}

/**
 * The policy of `--policy FILE`, or every reason why it cannot be used; without a file the default policy.
 * @param toolhive what `--toolhive-version` says
 */
export async function loadPolicy(
  file: string | undefined,
  toolhive?: ToolhiveVersion,
): Promise<LoadedPolicy> {
  if (file === undefined) return { ok: true, policy: withVersion(defaultPolicy(), toolhive) };
  const read = await readYamlFile(file);
  if (!read.ok) return read;
  const parsed = parsePolicy(read.value);
  return parsed.ok
    ? { ok: true, policy: withVersion(parsed.policy, toolhive) }
    : { ok: false, problems: read.told(parsed.problems) };
}
