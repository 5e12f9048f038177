import { join } from 'node:path';
import { isMap, isScalar, type Pair, parseDocument } from 'yaml';

/** The Helm chart in the checkout. */
export const CHART_FOLDER = join(import.meta.dirname, '../../deploy/helm/vmcp-admission');

/** One value of the chart: its path with dots, its default as JSON, and its comment. */
interface DocumentedValue {
  readonly path: string;
  readonly default: string;
  readonly text: string;
}

/** The text after `--` of the comment above a key; undefined when it has none. */
function commentOf(comment: string | null | undefined): string | undefined {
  const [, text] = /(?:^|\n) ?--\s([\s\S]*)$/.exec(comment ?? '') ?? [];
  return text?.replace(/\s*\n\s*/g, ' ').trim();
}

/** The comment above a pair. The parser keeps the one above the first pair of a map with the map. */
function commentAbove(pair: Pair, first: boolean, ofMap: string | null | undefined): string | undefined {
  const own = isScalar(pair.key) ? commentOf(pair.key.commentBefore) : undefined;
  return own ?? (first ? commentOf(ofMap) : undefined);
}

function valuesOf(node: unknown, prefix: string): DocumentedValue[] {
  if (!isMap(node)) return [];
  return node.items.flatMap((pair, index) => {
    const path = prefix + String(pair.key);
    const text = commentAbove(pair, index === 0, node.commentBefore);
    if (text === undefined) {
      const inner = valuesOf(pair.value, `${path}.`);
      if (inner.length === 0) throw new Error(`values.yaml: ${path} has no comment that begins with "# --"`);
      return inner;
    }
    const value = (pair.value as { toJSON?: () => unknown } | null)?.toJSON?.();
    return [{ path, default: JSON.stringify(value ?? null), text }];
  });
}

/** Every value of a values.yaml, in its order. @throws when one has no comment. */
export function documentedValues(yaml: string): readonly DocumentedValue[] {
  return valuesOf(parseDocument(yaml).contents, '');
}

const HEAD = `# Helm chart of vmcp-admission

Installs the admission webhook for ToolHive with Helm 3 or Helm 4; \`docs/install.md\` of the repository has the steps.
\`values.schema.json\` checks every value, so a wrong one is refused before anything is installed.

\`\`\`sh
helm install vmcp-admission deploy/helm/vmcp-admission -n vmcp-admission --create-namespace \\
  --set image.repository=REGISTRY/vmcp-admission
\`\`\`

## Values

This table is made from the comments of \`values.yaml\` by \`npm run docs:chart\`.

| value | default | meaning |
|---|---|---|
`;

/** The README of the chart. */
export function renderReadme(yaml: string): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = documentedValues(yaml).map(
    ({ path, default: value, text }) => `| \`${path}\` | \`${cell(value)}\` | ${cell(text)} |`,
  );
  return `${HEAD}${rows.join('\n')}\n`;
}
