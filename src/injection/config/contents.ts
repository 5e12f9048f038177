import { textOf, YamlMap, type YamlValue } from '../../yaml/values.ts';
import { UNAUTHENTICATED } from '../auth/converters.ts';
import { compare } from '../contract.ts';
import type { Backend } from '../discovery/backend.ts';
import type { BaseConfig, Written } from './baseConfig.ts';

/**
 * Stands alone in `backends` when nothing can be served: an empty list would switch the vMCP to dynamic mode, for which
 * its ServiceAccount has no rights. `.invalid` never resolves (RFC 6761).
 */
export const PLACEHOLDER_BACKEND = 'vmcp-admission-no-servable-backend';

const PLACEHOLDER = new YamlMap([
  ['name', PLACEHOLDER_BACKEND],
  ['url', `http://${PLACEHOLDER_BACKEND}.invalid/mcp`],
  ['transport', 'streamable-http'],
]);

const PLACEHOLDER_STRATEGY = new YamlMap([[PLACEHOLDER_BACKEND, UNAUTHENTICATED]]);

/** Which backends a config lists and how they are called. */
export interface Served {
  readonly base: BaseConfig;
  readonly backends: readonly Backend[];
  /** Backends that only the base config knows and that stay, by name. */
  readonly kept: ReadonlyMap<string, YamlMap>;
  /** `outgoingAuth.backends`, sorted by name. */
  readonly strategies: YamlMap;
  /** Replaces `outgoingAuth.default` when defined. */
  readonly defaultStrategy: YamlMap | undefined;
}

/** One item of `backends`. `withCopied`: with the annotations copied into its metadata. */
export function backendNode(backend: Backend, withCopied: boolean): YamlMap {
  const { name, url, transport, ca, kind, metadata } = backend;
  const pairs = Object.entries({ ...(withCopied && metadata.copied), ...metadata.system });
  return new YamlMap([
    ['name', name],
    ['url', url],
    ['transport', transport],
    // Always for entries: the vMCP refuses a caBundlePath without it.
    ['type', kind === 'MCPServerEntry' ? 'entry' : undefined],
    ['caBundlePath', ca && `${ca.directory}/${ca.file}`],
    ['metadata', new YamlMap(pairs.sort(([a], [b]) => compare(a, b)))],
  ]);
}

/** `backends`, sorted by name, `bare` ones without the annotations copied into their metadata. */
function backendNodes({ backends, kept }: Served, bare: ReadonlySet<Backend>): readonly YamlMap[] {
  const named: (readonly [string, YamlMap])[] = [
    ...backends.map((backend) => [backend.name, backendNode(backend, !bare.has(backend))] as const),
    ...kept,
  ];
  return named.length === 0 ? [PLACEHOLDER] : named.sort(([a], [b]) => compare(a, b)).map(([, node]) => node);
}

/**
 * True for a config with which the vMCP watches the API and adds to the backends of its config whatever it finds in the
 * group, past everything that injection excludes. Source: `Serve` of toolhive's `pkg/vmcp/cli`.
 */
export function watchesGroup({ outgoingAuth }: BaseConfig): boolean {
  return textOf(outgoingAuth.get('source')) === 'discovered';
}

/** `outgoingAuth` of the base config with new strategies. Its keys keep their order; missing ones are appended. */
function outgoingAuth(served: Served): YamlMap {
  const { pairs } = served.base.outgoingAuth;
  const strategies = served.backends.length + served.kept.size > 0 ? served.strategies : PLACEHOLDER_STRATEGY;
  const present = new Set(pairs.map(([key]) => key));
  const replaced = new Map<string, YamlValue>();
  // An absent map stays absent, as ToolHive leaves it out when it is empty.
  if (strategies.pairs.length > 0 || present.has('backends')) replaced.set('backends', strategies);
  if (served.defaultStrategy) replaced.set('default', served.defaultStrategy);
  if (watchesGroup(served.base)) replaced.set('source', 'inline');
  return new YamlMap([
    ...pairs.map(([key, value]) => [key, replaced.get(key) ?? value] as const),
    ...[...replaced].filter(([key]) => !present.has(key)),
  ]);
}

/** What injection writes into a base config, `bare` backends without the annotations copied into their metadata. */
export function written(served: Served, bare: ReadonlySet<Backend> = new Set()): Written {
  return { backends: backendNodes(served, bare), outgoingAuth: outgoingAuth(served) };
}
