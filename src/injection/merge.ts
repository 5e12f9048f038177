import { redacted } from '../text/redact.ts';
import { HEADER_MANIFEST } from '../toolhive/names.ts';
import { configProblems } from '../toolhive/vmcpConfig/configProblems.ts';
import { toData } from '../yaml/values.ts';
import { providerRefusal } from './auth/authServer.ts';
import { configData, configText } from './config/baseConfig.ts';
import { written } from './config/contents.ts';
import { startNotes } from './config/startNotes.ts';
import { type PodRefusal, podNote } from './report/reasons.ts';
import { type ResolvedConfig, resolve, type StaticFacts } from './resolve.ts';

/** The config of a vMCP with everything of its group in it. */
export interface Merged extends ResolvedConfig {
  /** The config as text, with all metadata of backends. */
  readonly text: string;
}

/** Whether the container will have a variable with a value: a needed one, the owner's, or one that the operator set. */
function hasVariable(
  name: string,
  { owner, virtualServer }: StaticFacts,
  { variables }: ResolvedConfig,
): boolean {
  if (variables.has(name) || owner.has(name)) return true;
  return virtualServer !== undefined && owner.generated.has(name) && !name.startsWith(HEADER_MANIFEST);
}

/** A name in the base config, of a variable for example, may be a credential that is in the wrong place. */
function rejected(message: string): PodRefusal {
  return { reason: 'config-rejected', message: redacted(message) };
}

/**
 * Merges the resolved group into its base config, and checks the result as the vMCP does. A fault in a part that
 * injection writes is a refusal; one in any other part of the base config is a note. Pure; never throws.
 */
export function merge(facts: StaticFacts): Merged | PodRefusal {
  const resolved = resolve(facts);
  const { base } = facts;
  const nodes = written(resolved);
  const problems = configProblems(configData(base, nodes), (name) => hasVariable(name, facts, resolved));
  const ofWritten = problems.find(({ path }) => /^(?:outgoingAuth|backends)/.test(path));
  if (ofWritten) return rejected(`${ofWritten.path} ${ofWritten.message}`);
  const strategy = resolved.defaultStrategy ?? base.defaultStrategy;
  const ofDefault = strategy && providerRefusal('outgoingAuth.default', toData(strategy), facts.authServer);
  // The vMCP ends at start; a provider that is missing makes only calls fail.
  if (ofDefault?.reason === 'auth-provider-ambiguous') return rejected(ofDefault.message);
  const notes = startNotes(problems);
  if (ofDefault) notes.push(podNote('base-config-doubtful', ofDefault.message));
  return { ...resolved, text: configText(base, nodes), notes: [...notes, ...resolved.notes] };
}
