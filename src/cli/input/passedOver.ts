import { relative } from 'node:path';
import type { PassedOver } from '../../catalog/manifests/manifest.ts';
import { oneLine } from '../../text/line.ts';

/** More names than a line can list. */
const MAX_NAMES = 3;
/** More charts or kustomizations than are named one by one. */
const MAX_FOLDERS = 5;

/** `a, b, c and 4 more`. */
function named(names: readonly string[]): string {
  const more = names.length - MAX_NAMES;
  return names.slice(0, MAX_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

const TOOLS = {
  helm: { of: 'the Helm chart', command: 'helm template' },
  kustomize: { of: 'the kustomization', command: 'kustomize build' },
};

function renderNote(tool: 'helm' | 'kustomize', folder: string, files: readonly string[]): string {
  const { of, command } = TOOLS[tool];
  const names = named(files.map((file) => relative(folder, file)));
  return `${names} of ${of} ${folder}; to check what it makes: ${command} ${folder} | vmcp-admission check -`;
}

/** What was passed over and why, for a person: one note, in a line for each chart, kustomization and other group of files. */
export function passedOverNote(passedOver: readonly PassedOver[]): string {
  if (passedOver.length === 0) return '';
  const folders = new Map<string, { tool: 'helm' | 'kustomize'; folder: string; files: string[] }>();
  const others: string[] = [];
  for (const { file, tool, folder } of passedOver) {
    if (tool === undefined || folder === undefined) others.push(file);
    else {
      const key = `${tool} ${folder}`;
      const group = folders.get(key) ?? { tool, folder, files: [] };
      group.files.push(file);
      folders.set(key, group);
    }
  }
  const groups = [...folders.values()];
  const lines = groups
    .slice(0, MAX_FOLDERS)
    .map(({ tool, folder, files }) => renderNote(tool, folder, files));
  if (groups.length > MAX_FOLDERS)
    lines.push(`files of ${groups.length - MAX_FOLDERS} more charts and kustomizations`);
  if (others.length > 0) lines.push(`${named(others)}: no Kubernetes objects`);
  return `note: these files are not manifests and were not judged:\n${lines.map((line) => `  ${oneLine(line)}\n`).join('')}`;
}
