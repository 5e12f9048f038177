import { closest, isSpeltAlike } from '../text/closest.ts';
import { quoted } from '../text/line.ts';
import {
  isStoredKind,
  isToolhiveApiVersion,
  STORED_KINDS,
  STORED_VERSION,
  TOOLHIVE_GROUP,
  TOOLHIVE_VERSIONS,
} from './kinds.ts';

/** What says of which kind an object is. */
interface Typed {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The field in which an object is misspelt, and what it was probably meant to be. */
export interface Misspelling {
  readonly field: 'apiVersion' | 'kind';
  readonly meant: Typed | undefined;
}

function groupOf(apiVersion: string): string {
  return apiVersion.split('/', 1)[0] ?? '';
}

/** The version of an `apiVersion` if ToolHive serves it, else the one that ToolHive stores. */
function versionMeant(apiVersion: string): string {
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  return TOOLHIVE_VERSIONS.find((known) => known === version) ?? STORED_VERSION;
}

/** True for a group of which a part is spelt like a part of ToolHive's, such as `stacklock.dev`. */
function isLikeToolhive(group: string): boolean {
  const labels = group.toLowerCase().split('.');
  return labels.some((label) => ['toolhive', 'stacklok'].some((part) => isSpeltAlike(label, part)));
}

/** True for a kind of ToolHive, and for a list of it. A list with items is read as these; one without has none to judge. */
function isKnown(kind: string): boolean {
  return isStoredKind(kind) || (kind.endsWith('List') && isStoredKind(kind.slice(0, -'List'.length)));
}

/** The kind of ToolHive that is written so, in upper or lower case, else the one that is spelt most alike. */
function kindMeant(kind: string): string | undefined {
  return sameKind(kind) ?? closest(kind, STORED_KINDS)[0];
}

function sameKind(kind: string): string | undefined {
  return STORED_KINDS.find((known) => known.toLowerCase() === kind.toLowerCase());
}

/** True for an `apiVersion` without a group, which is Kubernetes' own, and a kind of ToolHive, which that does not have. */
function lacksGroup({ apiVersion, kind }: Typed): boolean {
  return !apiVersion.includes('/') && sameKind(kind) !== undefined;
}

/** An object that is meant as one of ToolHive's, and whose kind or API group ToolHive does not have. */
export function misspelling({ apiVersion, kind }: Typed): Misspelling | undefined {
  const group = groupOf(apiVersion);
  const meantKind = kindMeant(kind);
  const meant = meantKind && { apiVersion: `${TOOLHIVE_GROUP}/${versionMeant(apiVersion)}`, kind: meantKind };
  if (group === TOOLHIVE_GROUP)
    return isKnown(kind) ? undefined : { field: 'kind', meant: meant || undefined };
  return meant && (isLikeToolhive(group) || lacksGroup({ apiVersion, kind }))
    ? { field: 'apiVersion', meant }
    : undefined;
}

/** Why an object of a kind of ToolHive cannot be judged: it has a version that is not known here. */
export function unknownVersion({ apiVersion, kind }: Typed): string | undefined {
  if (groupOf(apiVersion) !== TOOLHIVE_GROUP || isToolhiveApiVersion(apiVersion) || !isKnown(kind))
    return undefined;
  const known = TOOLHIVE_VERSIONS.map((version) => `${TOOLHIVE_GROUP}/${version}`).join(' and ');
  return `${kind} of ${quoted(apiVersion)} was not judged: the known versions are ${known}; correct apiVersion, or use a newer vmcp-admission if your ToolHive has this version`;
}
