/** A release of ToolHive, as major and minor: its behaviour never differed between patches of one minor. */
export type ToolhiveVersion = readonly [major: number, minor: number];

/** What a text has to be for {@link parseToolhiveVersion}. */
export const TOOLHIVE_VERSION_FORM = 'must be a release of ToolHive, e.g. v0.47.0';

/** The release that a text such as `v0.47.0` or `0.47` names; undefined when it names none. */
export function parseToolhiveVersion(text: string): ToolhiveVersion | undefined {
  const [, major, minor] = /^v?(\d{1,4})\.(\d{1,4})(?:\.\d+)?(?:[-+].*)?$/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}

/** The oldest and the newest release whose operator and vMCP were run with this version: docs/toolhive-versions.md. */
export const TRIED: { readonly oldest: ToolhiveVersion; readonly newest: ToolhiveVersion } = {
  oldest: [0, 44],
  newest: [0, 47],
};

/** What a release of ToolHive may do or not. */
export type Behaviour =
  | 'backend-timeouts'
  /** The operator makes new vMCP Pods when an entry names another CA bundle. */
  | 'rolls-for-other-bundle';

/**
 * The last release that was seen without a behaviour, and the first that was seen with it. Between the two nothing was
 * run. docs/toolhive-versions.md says more.
 */
const SEEN: Readonly<
  Record<Behaviour, { readonly without: ToolhiveVersion; readonly with: ToolhiveVersion }>
> = {
  // ToolHive #6411
  'backend-timeouts': { without: [0, 44], with: [0, 47] },
  // ToolHive #6299
  'rolls-for-other-bundle': { without: [0, 44], with: [0, 47] },
};

function isAtLeast([major, minor]: ToolhiveVersion, [fromMajor, fromMinor]: ToolhiveVersion): boolean {
  return major === fromMajor ? minor >= fromMinor : major > fromMajor;
}

/** Whether a release has a behaviour; undefined when the release is unknown or was never looked at. */
export function hasBehaviour(
  behaviour: Behaviour,
  version: ToolhiveVersion | undefined,
): boolean | undefined {
  if (version === undefined) return undefined;
  const seen = SEEN[behaviour];
  if (isAtLeast(version, seen.with)) return true;
  return isAtLeast(seen.without, version) ? false : undefined;
}

/** True for a release between the oldest and the newest that were tried. */
export function isTried(version: ToolhiveVersion): boolean {
  return isAtLeast(version, TRIED.oldest) && isAtLeast(TRIED.newest, version);
}

/** `v0.47`. */
export function toolhiveVersionText([major, minor]: ToolhiveVersion): string {
  return `v${major}.${minor}`;
}
