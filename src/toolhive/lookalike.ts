import { PLURALS, TOOLHIVE_GROUP, TOOLHIVE_KINDS, TOOLHIVE_VERSIONS, toolhiveKind } from './kinds.ts';

function groupOf(apiVersion: string): string {
  return (apiVersion.split('/', 1)[0] ?? '').trim().toLowerCase();
}

/** The kind that a word means in whatever case, also as a plural (`kubectl get` takes it) or as a list. */
function kindMeant(word: string) {
  const meant = word.trim().toLowerCase();
  return TOOLHIVE_KINDS.find((kind) =>
    [kind.toLowerCase(), PLURALS[kind], `${kind.toLowerCase()}list`].includes(meant),
  );
}

/** A `…List` as ToolHive's CRDs name it. One with items comes as these; one without holds nothing to be judged. */
function isKnownList({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): boolean {
  return (
    kind.endsWith('List') && toolhiveKind({ apiVersion, kind: kind.slice(0, -'List'.length) }) !== undefined
  );
}

/**
 * Says what is wrong with an object that is meant as one of the six kinds, but has a version or a spelling that is not
 * known: nothing would judge it, which must not look as if it had passed. Undefined for the six kinds as they are known,
 * for the other kinds of ToolHive, which nobody here judges, and for other groups.
 */
export function lookalikeProblem(object: {
  readonly apiVersion: string;
  readonly kind: string;
}): string | undefined {
  const { apiVersion, kind } = object;
  if (groupOf(apiVersion) !== TOOLHIVE_GROUP || toolhiveKind(object) || isKnownList(object)) return undefined;
  const meant = kindMeant(kind);
  if (!meant) return undefined;
  const seen = `${JSON.stringify(kind.slice(0, 80))} of ${JSON.stringify(apiVersion.slice(0, 80))}`;
  const known = TOOLHIVE_VERSIONS.map((version) => `${TOOLHIVE_GROUP}/${version}`).join(' and ');
  return `${seen} is not known here and was not judged: known is ${meant} of ${known}; correct kind and apiVersion, or use a newer vmcp-admission if your ToolHive has this version`;
}
