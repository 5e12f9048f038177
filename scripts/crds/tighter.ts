import { OBJECT_NAME } from '../../src/kubernetes/objectNames.ts';
import { RULES, type RuleId } from '../../src/rules/index.ts';
import { HEADER_TOKEN, MAX_HEADER_NAME, RESTRICTED_HEADERS } from '../../src/toolhive/headerNames.ts';
import { AUTH_TYPES } from '../../src/toolhive/models/authConfig.ts';
import { VMCP_CONFIG } from '../../src/toolhive/vmcpConfig/shape.ts';
import type { JsonSchema } from './jsonSchema.ts';

/** What a rule adds to the schema of a field of `spec`. */
interface Tightening {
  readonly rule: RuleId;
  readonly kinds: readonly string[];
  readonly path: string;
  readonly add: JsonSchema;
}

const REMOTE = ['MCPServerEntry', 'MCPRemoteProxy'];

/** A pattern that takes each letter in upper and lower case. */
function anyCase(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);
}

const restricted = RESTRICTED_HEADERS.map(anyCase).join('|');
const HEADER_NAME: JsonSchema = {
  pattern: `^(?!(?:${restricted})$)${HEADER_TOKEN.source.slice(1)}`,
  maxLength: MAX_HEADER_NAME,
};
/** Plain spellings of hosts that are never a remote server; the rules know more of them. */
const BLOCKED_HOSTS = [
  'localhost',
  '127\\.',
  '0\\.0\\.0\\.0',
  '\\[::1?\\]',
  '169\\.254\\.',
  'metadata\\.google\\.internal',
];
const NOT_EMPTY: JsonSchema = { minLength: 1 };

const TIGHTER: readonly Tightening[] = [
  {
    rule: 'remote-url-blocked-host',
    kinds: REMOTE,
    path: 'remoteUrl',
    add: { pattern: `^https?://(?!${BLOCKED_HOSTS.join('|')})[^/?#@\\s]+(?:[/?#].*)?$` },
  },
  {
    rule: 'header-name-invalid',
    kinds: REMOTE,
    path: 'headerForward.addPlaintextHeaders',
    add: { propertyNames: HEADER_NAME },
  },
  {
    rule: 'header-name-invalid',
    kinds: REMOTE,
    path: 'headerForward.addHeadersFromSecret.headerName',
    add: HEADER_NAME,
  },
  {
    rule: 'header-name-invalid',
    kinds: ['MCPExternalAuthConfig'],
    path: 'headerInjection.headerName',
    add: HEADER_NAME,
  },
  {
    rule: 'secret-reference-invalid',
    kinds: REMOTE,
    path: 'headerForward.addHeadersFromSecret.valueSecretRef.name',
    add: NOT_EMPTY,
  },
  {
    rule: 'secret-reference-invalid',
    kinds: REMOTE,
    path: 'headerForward.addHeadersFromSecret.valueSecretRef.key',
    add: NOT_EMPTY,
  },
  {
    rule: 'ca-bundle-name',
    kinds: ['MCPServerEntry'],
    path: 'caBundleRef.configMapRef',
    add: { required: ['name', 'key'] },
  },
  {
    rule: 'ca-bundle-name',
    kinds: ['MCPServerEntry'],
    path: 'caBundleRef.configMapRef.name',
    add: { pattern: OBJECT_NAME.source },
  },
  {
    rule: 'ca-bundle-key',
    kinds: ['MCPServerEntry'],
    path: 'caBundleRef.configMapRef.key',
    add: { pattern: '^(?!.*\\.\\.)(?!\\.$)[-._a-zA-Z0-9]*$' },
  },
  {
    rule: 'auth-block-mismatch',
    kinds: ['MCPExternalAuthConfig'],
    path: '',
    add: { allOf: AUTH_TYPES.map(blockOf) },
  },
  {
    rule: 'vmcp-config-unknown-field',
    kinds: ['VirtualMCPServer'],
    path: 'config',
    add: { additionalProperties: false },
  },
];

/** The block of an auth type, and no other. */
function blockOf(type: (typeof AUTH_TYPES)[number]): JsonSchema {
  const blocks = AUTH_TYPES.filter((name) => name !== 'unauthenticated');
  const others = blocks.filter((name) => name !== type).map((name) => [name, false]);
  return {
    if: { properties: { type: { const: type } }, required: ['type'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: Object.fromEntries(others), ...(type !== 'unauthenticated' && { required: [type] }) },
  };
}

/** The schema at a path below another one; lists are passed through. @throws when there is none. */
function at(schema: JsonSchema, path: string): JsonSchema {
  let found = schema;
  for (const name of path === '' ? [] : path.split('.')) {
    const holder = (found.items ?? found) as { properties?: Record<string, JsonSchema> };
    const next = holder.properties?.[name];
    if (next === undefined) throw new Error(`the CRD has no field ${path}`);
    found = next;
  }
  return found;
}

/** A schema with what an editor says when its pattern does not match. */
function explained(schema: JsonSchema, rule: RuleId): JsonSchema {
  const { propertyNames } = schema;
  if (propertyNames !== undefined) return { propertyNames: explained(propertyNames as JsonSchema, rule) };
  return schema.pattern === undefined
    ? schema
    : { ...schema, patternErrorMessage: `${RULES[rule].summary} [${rule}]` };
}

/** Adds to the spec of a kind what the rules say of its fields. */
export function tighten(kind: string, spec: JsonSchema): void {
  for (const { rule, kinds, path, add } of TIGHTER)
    if (kinds.includes(kind)) Object.assign(at(spec, path), explained(add, rule));
  if (kind !== 'VirtualMCPServer') return;
  const config = at(spec, 'config') as { properties: Record<string, JsonSchema> };
  for (const field of Object.keys(VMCP_CONFIG.fields)) config.properties[field] ??= {};
}
