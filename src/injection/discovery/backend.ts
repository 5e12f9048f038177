import type { BackendAuthChoice } from '../../toolhive/virtualServer.ts';
import type { ForwardedHeaders } from '../headers/headerForward.ts';
import type { LeftOut, Note } from '../report/reasons.ts';
import type { BackendMetadata } from './metadata.ts';
import type { Transport } from './transport.ts';

export type MemberKind = 'MCPServer' | 'MCPRemoteProxy' | 'MCPServerEntry';

/**
 * The order in which backends of different kinds claim a name (gap N3): the one of ToolHive's own look-up in dynamic
 * mode, so that a vMCP means the same backend by a name in both modes.
 */
export const KIND_ORDER: readonly MemberKind[] = ['MCPServer', 'MCPRemoteProxy', 'MCPServerEntry'];

/** A CA bundle that is mounted for an entry. */
export interface CaMount {
  readonly configMap: string;
  readonly key: string;
  /** The name that the key gets as a file; differs from the key where that would be no safe file name. */
  readonly file: string;
}

/** A member of the group that can be served, as far as its auth allows. */
export interface Backend {
  readonly kind: MemberKind;
  readonly name: string;
  readonly url: string;
  readonly transport: Transport;
  readonly metadata: BackendMetadata;
  readonly authConfig: string | undefined;
  readonly headers: ForwardedHeaders | undefined;
  readonly ca: CaMount | undefined;
}

/** What becomes of the members of a group. */
export interface Discovery {
  readonly backends: readonly Backend[];
  readonly leftOut: readonly LeftOut[];
  readonly notes: readonly Note[];
}

/** Auth that is chosen for single backends by name, above the backends' own. */
export type ExplicitAuth = Readonly<Record<string, BackendAuthChoice>>;
