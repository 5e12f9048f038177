/** `deny` refuses the object, `warn` prints a warning, `off` says nothing. */
export type Level = 'deny' | 'warn' | 'off';

export interface RuleInfo {
  /** The level when no setting says otherwise. */
  readonly level: Level;
  /** One sentence: what the rule asks for. */
  readonly summary: string;
}

const deny = (summary: string): RuleInfo => ({ level: 'deny', summary });
const warn = (summary: string): RuleInfo => ({ level: 'warn', summary });

/**
 * Every rule by its id. Ids are stable: messages, settings, metrics and the pages of docs/rules refer to them.
 * What is denied: a value that is wrong in itself, and what together with objects that exist now would stop the whole
 * vMCP or send a secret to another server. What only leaves this one object unserved is a warning.
 */
export const RULES = {
  'malformed-field': deny('A field has the JSON type that the CRD gives it.'),
  'old-spelling': warn('Fields are spelt as today’s ToolHive spells them.'),

  'remote-url-missing': deny('An endpoint has a URL.'),
  'remote-url-syntax': deny('A URL is one that Go and WHATWG parsers read alike.'),
  'remote-url-userinfo': deny('A URL carries no user information.'),
  'remote-url-port': deny('A port is a plain decimal number from 1 to 65535.'),
  'remote-url-host-spelling': deny('A host is written in the one way that every parser reads alike.'),
  'remote-url-host-name': deny('A host is a DNS name or an address.'),
  'remote-url-blocked-address': deny('An address is public unicast.'),
  'remote-url-blocked-host': deny('A host is not the Pod itself, the API server or a metadata service.'),
  'remote-url-private': deny('A private endpoint needs allowPrivateEndpoint.'),
  'remote-url-policy': deny('A host is not one that this cluster’s policy blocks.'),
  'remote-url-documentation': warn('An address is not one that is reserved for documentation.'),
  'remote-url-wildcard-dns': warn('A host is not in a public zone that answers with any address.'),
  'remote-url-cleartext': warn('Secrets travel over https.'),

  'ca-bundle-name': deny('caBundleRef names a ConfigMap.'),
  'ca-bundle-key': deny('The CA bundle key is a ConfigMap key that can be a file name.'),
  'ca-bundle-optional': warn('caBundleRef does not rely on optional.'),
  'ca-bundle-not-found': warn('The ConfigMap of the CA bundle exists.'),
  'ca-bundle-unread': warn('The ConfigMap of the CA bundle could be read.'),
  'ca-bundle-key-not-found': warn('The ConfigMap of the CA bundle has the key, in data.'),
  'ca-bundle-not-pem': warn('The CA bundle holds PEM certificates.'),
  'ca-bundle-private-key': deny('The CA bundle holds no private key.'),
  'ca-bundle-no-ca': warn('The CA bundle holds a CA certificate.'),
  'ca-bundle-expired': warn('The certificates of the CA bundle are valid now.'),
  'ca-bundle-expires-soon': warn('The certificates of the CA bundle are valid for the next 30 days.'),

  'phase-unknown': deny('The phase is Valid, Pending or Failed.'),
  'phase-future-generation': deny('observedGeneration is at most the generation of the object.'),
  'phase-valid-of-denied-spec': deny('No entry becomes Valid while its spec is denied.'),
  'phase-kept-valid': warn('An entry that is Valid has a spec that would not be denied today.'),
  'phase-stale': warn('The phase Valid is of the present generation.'),

  'group-missing': deny('An entry and a vMCP name their group.'),
  'transport-unknown': deny('The transport is sse or streamable-http.'),
  'group-not-found': warn('The group exists.'),
  'group-not-ready': warn('The group is Ready.'),
  'auth-config-not-found': warn('The auth config exists.'),
  'auth-type-unsupported': warn('The auth config is of a type that a vMCP can use towards a backend.'),
  'auth-config-invalid': warn('The auth config is not marked invalid by its controller.'),
  'auth-client-id-missing': warn('A token exchange with a client secret has a clientId.'),
  'auth-provider-missing': deny('A provider that upstreamInject names exists in every vMCP of the group.'),
  'auth-provider-ambiguous': warn('An xaa config says which of several providers it means.'),
  'auth-field-missing': deny('An auth config has the fields that its type needs.'),
  'secret-reference-invalid': deny('A reference to a Secret has a name and a key that Kubernetes takes.'),
  'secret-not-found': warn('A Secret and its key exist (only checked when reading Secrets is granted).'),
  'secret-value-unusable': warn(
    'A Secret’s value can be sent in a header (only checked when reading Secrets is granted).',
  ),

  'header-name-invalid': deny('A header name is an HTTP token.'),
  'header-name-restricted': deny('A header is one that ToolHive forwards.'),
  'header-value-invalid': deny('A header value has no control characters and no blanks at its edges.'),
  'header-value-expansion': deny('A header has nothing that the kubelet would expand.'),
  'header-duplicate': deny('A header is set once, in whatever case.'),
  'header-mcp-protocol': deny('Headers that belong to the MCP session are left to it.'),
  'header-ineffective': warn('A header is one that forwarding can set.'),
  'header-authorization-ignored': warn('Authorization is set in one place.'),
  'header-passthrough-clash': warn('A header is not also passed through from clients.'),
  'header-plaintext-credential': warn('Credentials stand in Secrets.'),
  'header-too-large': deny(
    'The headers are at most 1000, and those of an entry fit into one environment variable.',
  ),
  'header-secret-missing': warn('A header from a Secret has a reference to the Secret.'),

  'name-dotted-ca-bundle': deny('An entry with a CA bundle has a name that can be part of a volume name.'),
  'name-volume-collision': deny('The CA volumes of a group have different names.'),
  'name-shared': warn('No other kind of backend has the same name.'),
  'header-env-collision': deny('The headers of different entries go into different variables.'),
  'auth-env-collision': deny('The secrets of different auth configs go into different variables.'),

  'vmcp-auth-unknown': deny('outgoingAuth has a known source, and its choices have a known type.'),
  'vmcp-auth-discovered': deny('In inline mode no auth choice is of type discovered.'),
  'vmcp-auth-config-missing': deny('An auth choice of type externalAuthConfigRef names a config.'),
  'vmcp-auth-unusable': deny('Default and overrides use auth configs that can be converted.'),
  'vmcp-override-unknown': warn('An override is for a backend of the group.'),
  'vmcp-passthrough-header': deny('Pass-through headers are ones that the vMCP accepts.'),
  'vmcp-backend-ca-path': deny('A configured backend has a CA path that the vMCP accepts.'),
  'auth-block-mismatch': deny('The block of an auth config agrees with its type.'),
  'auth-token-header-dropped': warn('externalTokenHeaderName is not relied on.'),
  'auth-config-in-use': warn('A change does not make backends unservable.'),
  'group-has-members': warn('A group that is deleted has no members.'),
} as const satisfies Record<string, RuleInfo>;

export type RuleId = keyof typeof RULES;

export const RULE_IDS = Object.keys(RULES) as readonly RuleId[];

/** Where the page of a rule stands, relative to the root of the documentation. */
export function ruleAnchor(rule: RuleId): string {
  return `docs/rules/${rule}.md`;
}
