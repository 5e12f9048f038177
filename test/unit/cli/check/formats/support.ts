import type { ManifestProblem } from '../../../../../src/catalog/manifests/manifest.ts';
import { manifestCatalog } from '../../../../../src/catalog/manifests/manifestCatalog.ts';
import { parseManifests } from '../../../../../src/catalog/manifests/parseManifests.ts';
import { type CheckReport, toReport } from '../../../../../src/cli/check/checkReport.ts';
import { reviewManifests } from '../../../../../src/offline/check.ts';
import { defaultPolicy } from '../../../../../src/rules/policy/policy.ts';

/** The report on files by their name and text, as `check` makes it. */
export async function reportOn(files: Readonly<Record<string, string>>): Promise<CheckReport> {
  const parts = Object.entries(files).map(([file, text]) => parseManifests(file, text));
  const documents = parts.flatMap((part) => part.documents);
  const problems: readonly ManifestProblem[] = parts.flatMap((part) => part.problems);
  const checked = await reviewManifests(documents, {
    catalog: manifestCatalog(documents),
    policy: defaultPolicy(),
    now: new Date(),
    signal: new AbortController().signal,
  });
  return toReport('input', { documents, problems }, checked);
}

/** The report on the objects of a live cluster. */
export async function reportOnStored(text: string): Promise<CheckReport> {
  const stored = parseManifests('-', text).documents.map(({ object }) => ({ object }));
  const checked = await reviewManifests(stored, {
    catalog: manifestCatalog(stored),
    policy: defaultPolicy(),
    now: new Date(),
    signal: new AbortController().signal,
  });
  return toReport('cluster', { documents: stored, problems: [] }, checked);
}

const GROUP = `apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPGroup
metadata: {name: team, namespace: apps}
status: {phase: Ready}
`;

/** A manifest of an entry in which the URL is on line 5. */
export function entry(name: string, url: string): string {
  return `apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServerEntry
metadata: {name: ${JSON.stringify(name)}, namespace: apps}
spec:
  remoteUrl: ${JSON.stringify(url)}
  transport: sse
  groupRef: {name: team}
  headersForward: {}
`;
}

/** A name that would break out of every format that does not escape. */
export const HOSTILE = 'a,b:c%d|e`f*[g](h)<i>&"j\'k]]>::error::l\r\nm\u0000\u001b[31mn\ud800o@p';

export const CLEAN = { 'team.yaml': GROUP };
export const DENIED = {
  'team.yaml': GROUP,
  'dir with space/bad.yaml': `${entry('wiki', 'http://127.0.0.1/')}---\n${entry('docs', 'https://docs.example.com/')}`,
};
export const BROKEN = { ...DENIED, 'broken.yaml': 'apiVersion: v1\nkind: A\nx: [\n' };
export const STRANGE = {
  'team.yaml': GROUP,
  [`odd ${HOSTILE}.yaml`]: entry(HOSTILE, 'http://127.0.0.1/'),
  '-': entry('stdin', 'http://127.0.0.1/'),
};
