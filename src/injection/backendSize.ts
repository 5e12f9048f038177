import { blockPair } from '../yaml/print.ts';
import type { YamlMap } from '../yaml/values.ts';
import type { BackendAuth } from './auth/resolver.ts';
import { backendNode } from './config/contents.ts';
import { ANNOTATION_LIMIT } from './config/size.ts';
import type { Backend } from './discovery/backend.ts';
import type { Exclusion } from './report/reasons.ts';

/** The most that one backend may take of the config: an eighth of all annotations, so that it leaves room for others. */
export const MAX_BACKEND_BYTES = ANNOTATION_LIMIT / 8;

/** The indentation of strategies, in `outgoingAuth.backends`. */
const INDENT = 4;

function strategyOf(auth: BackendAuth | undefined): YamlMap | undefined {
  if (auth?.kind === 'kept') return auth.strategy;
  // The variables are named later; ToolHive's own names stand for them.
  return auth?.kind === 'converted' ? auth.strategy.render((name) => name) : undefined;
}

/** The size of the pair in block style, which takes more space than flow style. */
function bytesOf(key: string, value: YamlMap | readonly YamlMap[] | undefined): number {
  return value ? Buffer.byteLength(blockPair(key, value, INDENT)) : 0;
}

/** Names the longest URL of a backend: its own, or the remote URL in the metadata of a proxy. */
function longestUrl({ url, metadata }: Backend): string {
  const characters = Math.max(url.length, ...metadata.system.map(([, value]) => value.length));
  return `its URL, of ${characters} characters`;
}

function strategyText(bytes: number, auth: BackendAuth | undefined): string {
  return auth?.kind === 'converted'
    ? `the texts of MCPExternalAuthConfig "${auth.strategy.config}", of ${bytes} bytes`
    : `its strategy in the base config, of ${bytes} bytes`;
}

/** The most bytes that a character takes in YAML: an escape such as `\u2028`, or four bytes of UTF-8. */
const MAX_ESCAPE = 6;
/** More than the keys and the layout of one backend. */
const LAYOUT = 1_024;

/** True for a backend without a strategy of its own whose texts are so short that printing it would tell nothing. */
function isSmall({ name, url, ca, metadata }: Backend, auth: BackendAuth | undefined): boolean {
  if (auth !== undefined && auth.kind !== 'default') return false;
  let characters = name.length + url.length + (ca ? ca.directory.length + ca.file.length : 0);
  for (const [key, value] of metadata.system) characters += key.length + value.length;
  return characters * MAX_ESCAPE + LAYOUT < MAX_BACKEND_BYTES;
}

function refusal(backend: Backend, auth: BackendAuth | undefined): string | undefined {
  if (isSmall(backend, auth)) return undefined;
  const ofStrategy = bytesOf(backend.name, strategyOf(auth));
  // Copied annotations do not count: they are left out when space is short.
  const bytes = bytesOf('', [backendNode(backend, false)]) + ofStrategy;
  if (bytes <= MAX_BACKEND_BYTES) return undefined;
  const cause = 2 * ofStrategy <= bytes ? longestUrl(backend) : strategyText(ofStrategy, auth);
  return `its part of the config has ${bytes} bytes, at most ${MAX_BACKEND_BYTES} are allowed for one backend, as all share the annotations of the Pod; shorten ${cause}`;
}

/**
 * Excludes each backend that is so large that it could keep all others from fitting into the Pod's annotations. The
 * decision depends on that backend alone, so it does not change when others come and go.
 */
export function withoutTooLarge(
  backends: readonly Backend[],
  auth: ReadonlyMap<Backend, BackendAuth>,
): { readonly backends: readonly Backend[]; readonly excluded: readonly Exclusion[] } {
  const fitting: Backend[] = [];
  const excluded: Exclusion[] = [];
  for (const backend of backends) {
    const message = refusal(backend, auth.get(backend));
    if (message === undefined) fitting.push(backend);
    else excluded.push({ kind: backend.kind, name: backend.name, reason: 'backend-too-large', message });
  }
  return { backends: fitting, excluded };
}
