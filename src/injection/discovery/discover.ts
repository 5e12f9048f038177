import type { Member } from '../../catalog/catalog.ts';
import { isObjectName } from '../../kubernetes/objectNames.ts';
import { droppedText, headerRefusal } from '../headers/headerForward.ts';
import { type Note, type Refusal, type Selection, select } from '../report/reasons.ts';
import { type Backend, backendOf } from './backend.ts';
import { type EligibilityFacts, type EntryNote, entryRefusal } from './eligible.ts';

function urlRefusal({ kind }: Member, url: string): Refusal | undefined {
  const missing =
    kind === 'MCPServerEntry'
      ? 'it has no spec.remoteUrl'
      : 'its controller has not written status.url yet; a Pod made after that will have it';
  if (!url) return { reason: 'url-missing', message: missing };
  // The URL of an entry has passed the rules; the others are written by controllers and may hold a fragment.
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const callable = (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') && parsed.hostname !== '';
  return callable ? undefined : { reason: 'url-invalid', message: 'its URL is not an http or https URL' };
}

function discoverOne(
  member: Member,
  group: string,
  facts: EligibilityFacts,
  notes: Note[],
): Backend | Refusal {
  const { kind } = member;
  const { name } = member.metadata;
  if (!isObjectName(name)) return { reason: 'name-invalid', message: 'its name is not a DNS subdomain' };
  const isEntry = kind === 'MCPServerEntry';
  const said: EntryNote[] = [];
  const refusal = isEntry ? entryRefusal(member, facts, said) : undefined;
  if (refusal) return refusal;
  notes.push(...said.map((note) => ({ kind, name, ...note })));
  const url = (isEntry ? member.remoteUrl : member.url) ?? '';
  const ofUrl = urlRefusal(member, url);
  if (ofUrl) return ofUrl;
  const backend = backendOf(member, group, url);
  for (const header of backend.headers.dropped)
    notes.push({ kind, name, reason: 'header-dropped', message: droppedText(header) });
  return headerRefusal(backend) ?? backend;
}

/**
 * The backends that the members of a group make, in the order MCPServer, MCPRemoteProxy, MCPServerEntry, and by name within
 * a kind. Names, auth and Secrets are decided later. Pure; never throws.
 */
export function discover(
  members: readonly Member[],
  group: string,
  facts: EligibilityFacts,
): Selection<Backend> {
  const named = members.map((member) => ({ kind: member.kind, name: member.metadata.name, member }));
  return select({ backends: named, excluded: [], notes: [] }, ({ member }, notes) =>
    discoverOne(member, group, facts, notes),
  );
}
