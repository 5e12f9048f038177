import { secretVariablesIn } from '../../toolhive/headerManifest.ts';
import {
  AUTH_VARIABLES,
  HEADER_MANIFEST,
  headerManifestEnv,
  SECRET_HEADER_PREFIX,
} from '../../toolhive/names.ts';
import { SECRET_PLACEHOLDER } from '../contract.ts';
import { LiteralEnv } from './expansion.ts';
import type { Container, EnvVar } from './pod.ts';

/** Who, other than the owner of the vMCP, may have set variables of its container. */
export type Generator =
  /** The operator, except for the variables that the VirtualMCPServer's own Pod template sets. */
  | { readonly kind: 'operator'; readonly templateVariables: readonly string[] }
  /** An earlier pass of injection over a self-managed Pod, which served these members. */
  | { readonly kind: 'injection'; readonly served: readonly string[] };

const PREFIXES = [HEADER_MANIFEST, SECRET_HEADER_PREFIX, ...Object.values(AUTH_VARIABLES)];

function byOperator(env: readonly EnvVar[], templateVariables: readonly string[]): Set<string> {
  const own = new Set(templateVariables);
  const names = env.map(({ name }) => name);
  return new Set(
    names.filter((name) => !own.has(name) && PREFIXES.some((prefix) => name.startsWith(prefix))),
  );
}

function byInjection(env: readonly EnvVar[], served: readonly string[]): Set<string> {
  const manifests = new Set(served.map(headerManifestEnv));
  const generated = new Set<string>();
  for (const { name, value } of env) {
    if (value === SECRET_PLACEHOLDER) generated.add(name);
    if (!manifests.has(name)) continue;
    generated.add(name);
    for (const secret of secretVariablesIn(value ?? '')) generated.add(secret);
  }
  return generated;
}

/** The names of the variables that were generated for members of the group. All others are the owner's. */
export function generatedVariables(env: readonly EnvVar[], by: Generator): ReadonlySet<string> {
  return by.kind === 'operator' ? byOperator(env, by.templateVariables) : byInjection(env, by.served);
}

const REFERENCE = /\$\((TOOLHIVE_[A-Z0-9_]+)\)/g;

function prefixOf(source: unknown): string {
  const { prefix } = (source ?? {}) as { prefix?: unknown };
  return typeof prefix === 'string' ? prefix : '';
}

/** What `envFrom` may set: true for every name with the prefix of a source. */
function imports({ envFrom }: Container): (name: string) => boolean {
  const prefixes = (envFrom ?? []).map(prefixOf);
  return (name) => prefixes.some((prefix) => name.startsWith(prefix));
}

/** Which variables of a container have a value that is not empty, as far as the Pod tells. */
export function variablesWithValue(container: Container): (name: string) => boolean {
  const env = container.env ?? [];
  const literals = new LiteralEnv(env);
  const references = new Set(env.filter(({ valueFrom }) => valueFrom).map(({ name }) => name));
  const mayImport = imports(container);
  return (name) => mayImport(name) || references.has(name) || literals.has(name);
}

/** The variables that a command, an argument, another variable or a header manifest of the container refers to. */
function referencesIn({ env, command, args }: Container): ReadonlySet<string> {
  const values = (env ?? []).map(({ value }) => value ?? '');
  const texts = [...(command ?? []), ...(args ?? []), ...values];
  const literals = new LiteralEnv(env);
  const manifests = (env ?? []).filter(({ name }) => name.startsWith(HEADER_MANIFEST));
  return new Set([
    ...texts.flatMap((text) => [...text.matchAll(REFERENCE)].map(([, name]) => name ?? '')),
    ...manifests.flatMap(({ value }) => secretVariablesIn(literals.expand(value ?? '') ?? '')),
  ]);
}

/** The environment that the owner of a vMCP gives its container: the same before and after injection. */
export interface OwnerEnv {
  /** True for a variable that has a value which is not empty, as far as the Pod tells. */
  has(name: string): boolean;
  /** True for a variable that the container sets itself, with whatever value. */
  sets(name: string): boolean;
  /** True for a variable that an `envFrom` may set. */
  mayImport(name: string): boolean;
  /** True for a variable to which anything in the container refers. */
  reads(name: string): boolean;
  /** The variables of the container that the owner did not set. */
  readonly generated: ReadonlySet<string>;
  /** Equal for containers about which every question has the same answer. */
  readonly fingerprint: string;
}

/** @param generated the names of the variables that the owner did not set */
export function ownerEnv(container: Container, generated: ReadonlySet<string>): OwnerEnv {
  const env = (container.env ?? []).filter(({ name }) => !generated.has(name));
  const { command, args, envFrom } = container;
  const own = { ...container, env };
  const names = new Set(env.map(({ name }) => name));
  const references = referencesIn(own);
  return {
    has: variablesWithValue(own),
    sets: (name) => names.has(name),
    mayImport: imports(own),
    reads: (name) => references.has(name),
    generated,
    fingerprint: JSON.stringify([env, command, args, envFrom, [...generated]]),
  };
}
