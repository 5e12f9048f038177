import { textAt } from '../../kubernetes/record.ts';
import { secretVariablesIn } from '../../toolhive/headerManifest.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import {
  AUTH_VARIABLES,
  HEADER_MANIFEST,
  headerManifestEnv,
  SECRET_HEADER_PREFIX,
} from '../../toolhive/names.ts';
import { SECRET_PLACEHOLDER } from '../contract.ts';
import { LiteralEnv } from './expansion.ts';
import type { Container, EnvVar } from './pod.ts';
import type { NamesInUse } from './variableNames.ts';

const PREFIXES = [HEADER_MANIFEST, SECRET_HEADER_PREFIX, ...Object.values(AUTH_VARIABLES)];

type Server = Pick<VirtualMcpServer, 'templateVariables'>;

/** The variables that the operator generated for members, which the VirtualMCPServer's own Pod template does not set. */
export function generatedByOperator(env: readonly EnvVar[], server: Server): ReadonlySet<string> {
  const own = new Set(server.templateVariables);
  const names = env.map(({ name }) => name);
  return new Set(
    names.filter((name) => !own.has(name) && PREFIXES.some((prefix) => name.startsWith(prefix))),
  );
}

/** The variables of a self-managed Pod that an earlier pass of injection, which served these members, generated. */
export function generatedByInjection(env: readonly EnvVar[], served: readonly string[]): ReadonlySet<string> {
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

const REFERENCE = /\$\((TOOLHIVE_[A-Z0-9_]+)\)/g;

/** What `envFrom` may set: true for every name with the prefix of a source. */
function imports({ envFrom }: Container): (name: string) => boolean {
  const prefixes = (envFrom ?? []).map((source) => textAt(source, 'prefix') ?? '');
  return (name) => prefixes.some((prefix) => name.startsWith(prefix));
}

/** The variables that a command, an argument, another variable or a header manifest of the container refers to. */
function referencesIn({ env, command, args }: Container, literals: LiteralEnv): ReadonlySet<string> {
  const values = (env ?? []).map(({ value }) => value ?? '');
  const texts = [...(command ?? []), ...(args ?? []), ...values];
  const manifests = (env ?? []).filter(({ name }) => name.startsWith(HEADER_MANIFEST));
  return new Set([
    ...texts.flatMap((text) => [...text.matchAll(REFERENCE)].map(([, name]) => name ?? '')),
    ...manifests.flatMap(({ value }) => secretVariablesIn(literals.expand(value ?? '') ?? '')),
  ]);
}

/**
 * The environment that the owner of a vMCP gives its container: the same before and after injection. What the Pod template
 * of a VirtualMCPServer sets belongs to it even when the Pod lacks it, as one that is older than the template does: if
 * injection set such a variable, a later pass would take it for the owner's.
 */
export interface OwnerEnv extends Omit<NamesInUse, 'fixed'> {
  /** True for a variable that has a value which is not empty, as far as the Pod and the Pod template tell. */
  has(name: string): boolean;
  /** The variables of the container that the owner did not set. */
  readonly generated: ReadonlySet<string>;
  /** Equal for containers about which every question has the same answer. */
  readonly fingerprint: string;
}

/** @param generated the names of the variables that the owner did not set */
export function ownerEnv(container: Container, generated: ReadonlySet<string>, server?: Server): OwnerEnv {
  const { command, args, envFrom } = container;
  const env = [
    // They come before those of the Pod, since of two variables with one name the later one counts.
    ...(server?.templateVariables ?? []).map((name) => ({ name, valueFrom: {} })),
    ...(container.env ?? []).filter(({ name }) => !generated.has(name)),
  ];
  const items = new Map(env.map((item) => [item.name, item]));
  const literals = new LiteralEnv(env);
  const references = referencesIn({ ...container, env }, literals);
  const mayImport = imports(container);
  return {
    has: (name) => mayImport(name) || Boolean(items.get(name)?.valueFrom) || literals.has(name),
    sets: (name) => items.has(name),
    mayImport,
    reads: (name) => references.has(name),
    generated,
    fingerprint: JSON.stringify([env, command, args, envFrom, [...generated]]),
  };
}
