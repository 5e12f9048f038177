/** A release of ToolHive, as major and minor: its behaviour never differed between patches of one minor. */
export type ToolhiveVersion = readonly [major: number, minor: number];

/** What a text has to be for {@link parseToolhiveVersion}. */
export const TOOLHIVE_VERSION_FORM = 'must be a release of ToolHive, e.g. v0.47.0';

/** The release that a text such as `v0.47.0` or `0.47` names; undefined when it names none. */
export function parseToolhiveVersion(text: string): ToolhiveVersion | undefined {
  const [, major, minor] = /^v?(\d{1,4})\.(\d{1,4})(?:\.\d+)?(?:[-+].*)?$/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}

/** What a release of ToolHive may do or not. */
export type Behaviour = 'backend-timeouts';

/**
 * The last release that was seen without a behaviour, and the first that was seen with it. Between the two nothing was
 * run. docs/toolhive-versions.md says more.
 */
const SEEN: Readonly<
  Record<Behaviour, { readonly without: ToolhiveVersion; readonly with: ToolhiveVersion }>
> = {
  // ToolHive #6411
  'backend-timeouts': { without: [0, 44], with: [0, 47] },
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

/** `v0.47`. */
export function toolhiveVersionText([major, minor]: ToolhiveVersion): string {
  return `v${major}.${minor}`;
}
