import { readFile } from 'node:fs/promises';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, YAMLError } from 'yaml';
import { fileErrorText } from '../catalog/manifests/files.ts';
import { defaultPolicy, type Policy } from '../rules/policy/policy.ts';
import { type PolicyProblem, parsePolicy, policyProblemText } from '../rules/policy/policyFile.ts';
import type { ToolhiveVersion } from '../toolhive/versions.ts';
import { thrownFaultText } from '../yaml/fault.ts';

/** Where and why a policy file cannot be read, to follow its name; nothing of its text. */
function notRead(error: unknown): string {
  const errno = error instanceof Error && 'errno' in error;
  if (errno) return `: ${fileErrorText(error)}`;
  const [at] = (error instanceof YAMLError && error.linePos) || [];
  return `${at ? `:${at.line}:${at.col}` : ''}: is not usable YAML: ${thrownFaultText(error)}`;
}

/** Where a problem begins in the text: at its key or value, else at the nearest part of the path that is written. */
function offsetOf({ path, at }: PolicyProblem, document: Document): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(name))
      : undefined;
    const value = document.getIn(path.slice(0, length), true);
    const node = pair && (at === 'key' || length < path.length || !isNode(value)) ? pair.key : value;
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

/** The policy of a text, or every reason why it cannot be used, as `FILE:LINE:COLUMN: PLACE: PROBLEM`. */
function readPolicy(text: string, file: string): LoadedPolicy {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'error' });
  const [error] = document.errors;
  if (error) throw error;
  const parsed = parsePolicy(document.toJS({ maxAliasCount: 0 }));
  if (parsed.ok) return parsed;
  const problems = parsed.problems.map((problem) => ({ problem, offset: offsetOf(problem, document) }));
  return {
    ok: false,
    problems: problems
      .sort((a, b) => a.offset - b.offset)
      .map(({ problem, offset }) => {
        const { line, col } = lines.linePos(offset);
        return `${file}:${line}:${col}: ${policyProblemText(problem)}`;
      }),
  };
}

export type LoadedPolicy =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * The policy of `--policy FILE`, or every reason why it cannot be used; without a file the default policy.
 * @param toolhive what `--toolhive-version` says
 */
export async function loadPolicy(
  file: string | undefined,
  toolhive?: ToolhiveVersion,
): Promise<LoadedPolicy> {
  if (file === undefined) return { ok: true, policy: withVersion(defaultPolicy(), toolhive) };
  try {
    const loaded = readPolicy(await readFile(file, 'utf8'), file);
    return loaded.ok ? { ok: true, policy: withVersion(loaded.policy, toolhive) } : loaded;
  } catch (error) {
    return { ok: false, problems: [`${file}${notRead(error)}`] };
  }
}

/** The policy for a release of ToolHive, at the top level and in each scope. */
function withVersion(policy: Policy, toolhive: ToolhiveVersion | undefined): Policy {
  const scopes = policy.scopes.map((scope) => ({ ...scope, policy: { ...scope.policy, toolhive } }));
  return { ...policy, scopes, toolhive };
}
