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

/** The environment that the owner of a vMCP gives its container: the same before and after injection. */
export class OwnerEnv {
  /** Equal for containers about which every other question has the same answer. */
  readonly fingerprint: string;
  readonly #literals: LiteralEnv;
  readonly #names: ReadonlySet<string>;
  readonly #references: ReadonlySet<string>;
  readonly #reads: ReadonlySet<string>;
  readonly #prefixes: readonly string[];

  constructor({ env, command, args, envFrom }: Container, generated: ReadonlySet<string> = new Set()) {
    const own = (env ?? []).filter(({ name }) => !generated.has(name));
    this.fingerprint = JSON.stringify([own, command, args, envFrom]);
    this.#literals = new LiteralEnv(own);
    this.#names = new Set(own.map(({ name }) => name));
    this.#references = new Set(own.filter(({ valueFrom }) => valueFrom).map(({ name }) => name));
    this.#prefixes = (envFrom ?? []).map(prefixOf);
    const texts = [...(command ?? []), ...(args ?? []), ...own.map(({ value }) => value ?? '')];
    const referenced = texts.flatMap((text) => [...text.matchAll(REFERENCE)].map(([, name]) => name ?? ''));
    const manifests = own.filter(({ name }) => name.startsWith(HEADER_MANIFEST));
    const secrets = manifests.flatMap(({ value }) =>
      secretVariablesIn(this.#literals.expand(value ?? '') ?? ''),
    );
    this.#reads = new Set([...referenced, ...secrets]);
  }

  /** True for a variable that has a value which is not empty, as far as the Pod tells. */
  has(name: string): boolean {
    return this.mayImport(name) || this.#references.has(name) || this.#literals.has(name);
  }

  /** True for a variable that the container sets itself, with whatever value. */
  sets(name: string): boolean {
    return this.#names.has(name);
  }

  /** True for a variable that an `envFrom` may set. */
  mayImport(name: string): boolean {
    return this.#prefixes.some((prefix) => name.startsWith(prefix));
  }

  /** True for a variable that a command, an argument, another variable or a header manifest of the owner refers to. */
  reads(name: string): boolean {
    return this.#reads.has(name);
  }
}
