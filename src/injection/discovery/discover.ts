import type { GroupMembers } from '../../catalog/catalog.ts';
import { isObjectName } from '../../kubernetes/objectNames.ts';
import type { McpRemoteProxy } from '../../toolhive/remoteProxy.ts';
import type { McpServer } from '../../toolhive/server.ts';
import type { McpServerEntry } from '../../toolhive/serverEntry.ts';
import { forwardedHeaders, headerRefusal } from '../headers/headerForward.ts';
import type { LeaveReason, LeftOut, Note } from '../report/reasons.ts';
import { caMount } from '../volumes/caContent.ts';
import type { Backend, Discovery, MemberKind } from './backend.ts';
import { entryGate, type GateFacts } from './eligible.ts';
import { backendMetadata } from './metadata.ts';
import { remoteTransport, serverTransport } from './transport.ts';

type Member = McpServer | McpRemoteProxy | McpServerEntry;

interface Refusal {
  readonly reason: LeaveReason;
  readonly message: string;
}

function urlRefusal(kind: MemberKind, url: string | undefined): Refusal | undefined {
  if (!url)
    return {
      reason: 'url-missing',
      message:
        kind === 'MCPServerEntry'
          ? 'it has no spec.remoteUrl'
          : 'its controller has not written status.url yet; a Pod made after that will have it',
    };
  // The URL of an entry has passed the rules; the others are written by controllers and may hold a fragment.
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const callable = (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') && parsed.hostname !== '';
  return callable ? undefined : { reason: 'url-invalid', message: 'its URL is not an http or https URL' };
}

function fromEntry(entry: McpServerEntry, group: string, url: string): Backend {
  return {
    kind: 'MCPServerEntry',
    name: entry.metadata.name,
    url,
    transport: remoteTransport(entry.transport),
    metadata: backendMetadata(entry.metadata.annotations, {
      group,
      namespace: entry.metadata.namespace,
      workload_type: 'server_entry',
      workload_status: 'Valid',
      remote_url: url,
    }),
    authConfig: entry.authConfig,
    headers: forwardedHeaders(entry.headers),
    ca: entry.caBundle && caMount(entry.caBundle),
  };
}

function fromWorkload(member: McpServer | McpRemoteProxy, group: string, url: string): Backend {
  const proxy = member.kind === 'MCPRemoteProxy';
  return {
    kind: member.kind,
    name: member.metadata.name,
    url,
    transport: proxy ? remoteTransport(member.transport) : serverTransport(member),
    metadata: backendMetadata(member.metadata.annotations, {
      group,
      namespace: member.metadata.namespace,
      workload_type: proxy ? 'remote_proxy' : 'mcp_server',
      workload_status: member.phase ?? '',
      remote_url: proxy ? member.remoteUrl : undefined,
    }),
    authConfig: member.authConfig,
    headers: undefined,
    ca: undefined,
  };
}

function discoverOne(member: Member, group: string, facts: GateFacts, notes: Note[]): Backend | Refusal {
  const { kind } = member;
  const { name } = member.metadata;
  if (!isObjectName(name)) return { reason: 'name-invalid', message: 'its name is not a DNS subdomain' };
  const url = member.kind === 'MCPServerEntry' ? member.remoteUrl : member.url;
  if (member.kind === 'MCPServerEntry') {
    const answer = entryGate(member, facts);
    if (!answer.open) return answer;
    notes.push(...answer.notes.map((note) => ({ kind, name, ...note })));
  }
  const refusal = urlRefusal(kind, url);
  if (refusal || !url) return refusal ?? { reason: 'url-missing', message: 'it has no URL' };
  const backend =
    member.kind === 'MCPServerEntry' ? fromEntry(member, group, url) : fromWorkload(member, group, url);
  for (const header of backend.headers?.dropped ?? [])
    notes.push({
      kind,
      name,
      reason: 'header-dropped',
      message: `header "${header}" is one that the vMCP refuses; it is not forwarded`,
    });
  return (backend.headers && headerRefusal(name, backend.headers)) ?? backend;
}

/**
 * The backends that a group's members make, in the order MCPServer, MCPRemoteProxy, MCPServerEntry and by name within
 * a kind. Names, auth and Secrets are still to be settled. Pure; never throws.
 */
export function discover(members: GroupMembers, group: string, facts: GateFacts): Discovery {
  const backends: Backend[] = [];
  const leftOut: LeftOut[] = [];
  const notes: Note[] = [];
  for (const member of [...members.servers, ...members.remoteProxies, ...members.entries]) {
    const found = discoverOne(member, group, facts, notes);
    if ('kind' in found) backends.push(found);
    else
      leftOut.push({
        kind: member.kind,
        name: member.metadata.name,
        reason: found.reason,
        message: found.message,
      });
  }
  return { backends, leftOut, notes };
}
