import type { Member } from '../../catalog/catalog.ts';
import { isCopiedAnnotation } from '../../kubernetes/metadata.ts';
import { receiverUrl } from '../../rules/credentials/members.ts';
import { type CaBundleRef, caBundleKey, DEFAULT_CA_KEY } from '../../toolhive/models/caBundleRef.ts';
import { CA_BUNDLE_ROOT } from '../../toolhive/names.ts';
import { type ForwardedHeaders, forwardedHeaders } from '../headers/headerForward.ts';

export type MemberKind = Member['kind'];
export type Transport = 'sse' | 'streamable-http';

/** A CA bundle and where it is mounted for an entry. */
export interface CaMount {
  readonly configMap: string;
  readonly key: string;
  readonly directory: string;
  /** The name that the key gets as a file; differs from the key where that would not be a safe file name. */
  readonly file: string;
}

type Texts = Readonly<Record<string, string>>;

/** `metadata` of a backend: what is copied from annotations, and the keys that ToolHive sets itself; no key is in both. */
export interface BackendMetadata {
  readonly copied: Texts;
  readonly system: Texts;
}

/** A member of the group that can be served, as far as its auth allows. */
export interface Backend {
  readonly kind: MemberKind;
  readonly name: string;
  readonly url: string;
  /** The URL of the server that gets what is sent to the backend: for a proxy the one behind it. */
  readonly receiver: string;
  readonly transport: Transport;
  readonly metadata: BackendMetadata;
  readonly authConfig: string | undefined;
  readonly headers: ForwardedHeaders;
  readonly ca: CaMount | undefined;
}

/**
 * The transport of a member, as ToolHive's dynamic discovery reads it: lower-case and all-caps names, anything else is
 * `streamable-http`. An MCPServer of `stdio`, its default, is reached by its proxy mode. ToolHive's static path always
 * takes the proxy mode, which is wrong for SSE servers.
 */
function transportOf(member: Member): Transport {
  const written = member.transport ?? (member.kind === 'MCPServer' ? 'stdio' : undefined);
  if (written === 'sse' || written === 'SSE') return 'sse';
  const isStdio = written === 'stdio' || written === 'STDIO';
  return member.kind === 'MCPServer' && isStdio && member.proxyMode === 'sse' ? 'sse' : 'streamable-http';
}

/** What `workload_type` of the metadata is, by kind. */
export const WORKLOAD_TYPES: Readonly<Record<MemberKind, string>> = {
  MCPServer: 'mcp_server',
  MCPRemoteProxy: 'remote_proxy',
  MCPServerEntry: 'server_entry',
};

/** System keys win over annotations of the same name. Source: ToolHive's discovery. */
function metadataOf(member: Member, group: string): BackendMetadata {
  const { annotations, namespace } = member.metadata;
  const remoteUrl = member.kind === 'MCPServer' ? undefined : member.remoteUrl;
  const system: Texts = {
    group,
    tool_type: 'mcp',
    workload_type: WORKLOAD_TYPES[member.kind],
    workload_status: member.kind === 'MCPServerEntry' ? 'Valid' : (member.phase ?? ''),
    ...(remoteUrl !== undefined && { remote_url: remoteUrl }),
    ...(namespace && { namespace }),
  };
  const isCopied = (key: string) => !Object.hasOwn(system, key) && isCopiedAnnotation(key);
  const copied = Object.entries(annotations).filter(([key]) => isCopied(key));
  return { copied: Object.fromEntries(copied), system };
}

/** A key that can be a file name as it is, and can stand in the vMCP's config, which refuses `..` anywhere. */
const SAFE_FILE = /^[A-Za-z0-9][-._A-Za-z0-9]*$/;

function caMount(entry: string, ref: CaBundleRef): CaMount {
  const key = caBundleKey(ref);
  const safe = SAFE_FILE.test(key) && !key.includes('..');
  const file = safe ? key : DEFAULT_CA_KEY;
  return { configMap: ref.name, key, directory: `${CA_BUNDLE_ROOT}/${entry}`, file };
}

/** The backend that a member makes. Only entries forward headers and have CA bundles. */
export function backendOf(member: Member, group: string, url: string): Backend {
  const entry = member.kind === 'MCPServerEntry' ? member : undefined;
  return {
    kind: member.kind,
    name: member.metadata.name,
    url,
    receiver: receiverUrl(member),
    transport: transportOf(member),
    metadata: metadataOf(member, group),
    authConfig: member.authConfig,
    headers: forwardedHeaders(entry?.headers),
    ca: entry?.caBundle && caMount(member.metadata.name, entry.caBundle),
  };
}
