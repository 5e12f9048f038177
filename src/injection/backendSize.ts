import { blockPair } from '../yaml/print.ts';
import type { YamlMap } from '../yaml/values.ts';
import type { Candidate } from './auth/resolver.ts';
import { ANNOTATION_LIMIT } from './config/annotations.ts';
import { backendNode } from './config/contents.ts';
import type { Refusal } from './report/reasons.ts';

/** The most that one backend may take of the config: an eighth of all annotations, so that it leaves room for others. */
const MAX_BACKEND_BYTES = ANNOTATION_LIMIT / 8;

/** The indentation of strategies, in `outgoingAuth.backends`. */
const INDENT = 4;

/** The size of the pair in block style, which takes more space than flow style. */
function bytesOf(key: string, value: YamlMap | readonly YamlMap[]): number {
  return Buffer.byteLength(blockPair(key, value, INDENT));
}

/** Names what of a backend to shorten: the longest URL, which may be the remote one of a proxy, or its strategy. */
function longestPart({ url, metadata, auth }: Candidate, bytes: number, ofStrategy: number): string {
  const urls = [url, ...Object.values(metadata.system)];
  if (2 * ofStrategy <= bytes)
    return `its URL, of ${Math.max(...urls.map(({ length }) => length))} characters`;
  return auth.config
    ? `the texts of MCPExternalAuthConfig "${auth.config}", of ${ofStrategy} bytes`
    : `its strategy in the base config, of ${ofStrategy} bytes`;
}

/**
 * Why a backend is not served: it is so large that it could keep all others from fitting into the Pod's annotations. It
 * depends on that backend alone, so it does not change when others come and go.
 */
export function sizeRefusal(candidate: Candidate): Refusal | undefined {
  const { name, auth } = candidate;
  // The variables are named later; ToolHive's own names stand for them.
  const ofStrategy = auth.strategy ? bytesOf(name, auth.strategy) : 0;
  // Copied annotations do not count: they are left out when space is short.
  const bytes = bytesOf('', [backendNode(candidate, false)]) + ofStrategy;
  if (bytes <= MAX_BACKEND_BYTES) return undefined;
  return {
    reason: 'backend-too-large',
    message: `its part of the config has ${bytes} bytes, at most ${MAX_BACKEND_BYTES} are allowed for one backend, as all share the annotations of the Pod; shorten ${longestPart(candidate, bytes, ofStrategy)}`,
  };
}
