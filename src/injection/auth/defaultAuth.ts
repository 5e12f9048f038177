import type { BackendAuthChoice } from '../../toolhive/virtualServer.ts';
import { YamlMap } from '../../yaml/values.ts';
import type { BaseConfig } from '../config/baseConfig.ts';
import type { ChosenName } from '../pod/variableNames.ts';
import type { Note } from '../report/reasons.ts';
import { renderStrategy, type Strategy } from './converters.ts';
import { type AuthFacts, convertChoice } from './resolver.ts';
import { missingSecret } from './secrets.ts';

/** What becomes of `outgoingAuth.default`. */
export interface DefaultAuth {
  /** The converted default of the VirtualMCPServer, whether or not it is written: its variables are the operator's. */
  readonly strategy: Strategy | undefined;
  /** What replaces the default of the base config; undefined leaves it as it is. */
  readonly replacement: 'converted' | 'unauthenticated' | undefined;
  readonly notes: readonly Note[];
}

const UNAUTHENTICATED = new YamlMap([['type', 'unauthenticated']]);

/** The node that replaces the default, if any. */
export function defaultNode(auth: DefaultAuth, nameOf: ChosenName): YamlMap | undefined {
  if (auth.replacement === undefined) return undefined;
  if (auth.replacement === 'converted' && auth.strategy) return renderStrategy(auth.strategy, nameOf);
  return UNAUTHENTICATED;
}

function note(reason: Note['reason'], message: string): Note {
  return { kind: 'Pod', name: '', reason, message };
}

/**
 * Repairs the default where the vMCP would refuse it or the operator could not write it. Type `discovered` ends the vMCP in
 * inline mode: it becomes the VirtualMCPServer's own default, or `unauthenticated`, which is what ToolHive makes of it in
 * discovered mode. A default that the base config lacks because its conversion failed once is put in. Secrets of the
 * default stay required, so the Pod waits for a missing one.
 * @param choice the default of the VirtualMCPServer; undefined for a self-managed Pod
 */
export function settleDefault(
  base: BaseConfig,
  choice: BackendAuthChoice | undefined,
  facts: AuthFacts,
): DefaultAuth {
  const converted = choice && choice.type !== 'discovered' ? convertChoice(choice, facts) : undefined;
  const strategy = converted?.ok ? converted.strategy : undefined;
  const notes: Note[] = [];
  if (converted && !converted.ok)
    notes.push(
      note(
        'default-auth-failed',
        `the default auth of the VirtualMCPServer cannot be used (${converted.reason}): ${converted.message}`,
      ),
    );
  for (const { ref } of strategy?.secrets ?? []) {
    const missing = missingSecret(ref, facts.secrets);
    if (missing)
      notes.push(
        note(
          'default-auth-failed',
          `the vMCP cannot start without the Secret of its default auth: ${missing}`,
        ),
      );
  }
  const type = base.defaultStrategy?.get('type');
  if (base.defaultStrategy === undefined)
    return { strategy, replacement: strategy ? 'converted' : undefined, notes };
  if (type !== 'discovered') return { strategy, replacement: undefined, notes };
  const replacement = strategy ? 'converted' : 'unauthenticated';
  notes.push(
    note(
      'default-auth-replaced',
      `outgoingAuth.default is of type discovered, which ends a vMCP in inline mode; it was replaced by ${strategy ? `MCPExternalAuthConfig "${strategy.config}"` : 'unauthenticated'}`,
    ),
  );
  return { strategy, replacement, notes };
}
