import type { Finding, Verdict } from '../rules/findings/verdict.ts';
import type { RuleId } from '../rules/index.ts';
import type { ToolhiveKind } from '../toolhive/kinds.ts';
import { REFERENCED_KINDS } from '../toolhive/references.ts';

const BACKENDS: readonly ToolhiveKind[] = ['MCPServer', 'MCPRemoteProxy', 'MCPServerEntry'];

/** The rules that say that something does not exist, with the kinds that must have been read to say so. */
const KINDS: Partial<Readonly<Record<RuleId, readonly ToolhiveKind[]>>> = {
  'group-not-found': ['MCPGroup'],
  'auth-config-not-found': ['MCPExternalAuthConfig'],
  'vmcp-override-unknown': BACKENDS,
  'vmcp-backend-unknown': BACKENDS,
  'vmcp-reference-not-found': REFERENCED_KINDS,
  'reference-not-found': REFERENCED_KINDS,
};

/**
 * The verdict without what is said to be missing only because its kind was not read.
 * @param unread the kinds of which the objects in the namespace of the object are not known
 */
export function withoutUnread(verdict: Verdict, unread: ReadonlySet<string>): Verdict {
  if (unread.size === 0) return verdict;
  const holds = ({ rule }: Finding) => !KINDS[rule]?.some((kind) => unread.has(kind));
  return { denials: verdict.denials.filter(holds), warnings: verdict.warnings.filter(holds) };
}
