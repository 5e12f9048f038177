import { VMCP_CONFIG } from '../toolhive/vmcpConfig/shape.ts';
import { isSet, matches, type Root, spec, text, texts, when } from './cel.ts';
import { type CelRule, celRule } from './celRule.ts';

const VMCP = ['VirtualMCPServer'] as const;

const config = (root: Root, ...path: readonly string[]) => spec(root, 'config', ...path);
const textOf = (field: string) => `${field}.orValue("")`;
const tools = (root: Root) => `${config(root, 'aggregation', 'tools')}.orValue([])`;
/** The choices of auth, the default and those of single backends, each with a name. */
const choices = (root: Root) => {
  const backends = spec(root, 'outgoingAuth', 'backends');
  const choice = (name: string, value: string) => `{"name": dyn(${name}), "of": dyn(${value}.orValue({}))}`;
  return `([${choice('"default"', spec(root, 'outgoingAuth', 'default'))}] + ${backends}.orValue({}).map(b, ${choice('"backend " + b', `${backends}[?b]`)}))`;
};
const source = (root: Root) => `${spec(root, 'outgoingAuth', 'source')}.orValue("discovered")`;

/** What the operator writes over `spec.config`. */
const OVERWRITTEN = ['incomingAuth', 'outgoingAuth', 'sessionStorage', 'telemetry'];

/** The rules about VirtualMCPServers. */
export const virtualServerRules: readonly CelRule[] = [
  celRule(
    'vmcp-auth-discovered',
    VMCP,
    (root) =>
      `${source(root)} == "inline" ? ${choices(root)}.filter(c, c.of.?type.orValue("") == "discovered").map(c, c.name) : []`,
  ),
  celRule(
    'vmcp-auth-config-missing',
    VMCP,
    (root) =>
      `${choices(root)}.filter(c, c.of.?type.orValue("") == "externalAuthConfigRef" && c.of.?externalAuthConfigRef.?name.orValue("") == "").map(c, c.name)`,
  ),
  celRule(
    'vmcp-backend-ca-path',
    VMCP,
    (root) =>
      `${config(root, 'backends')}.orValue([]).map(b, [b.?name.orValue(""), b.?type.orValue(""), b.?caBundlePath.orValue("")]).filter(b, b[2] != "" && (b[1] != "entry" || !b[2].startsWith("/") || b[2].contains("..")))`,
  ),
  celRule('vmcp-config-aggregation', VMCP, (root) => {
    const aggregation = (field: string) => config(root, 'aggregation', field);
    const strategy = textOf(aggregation('conflictResolution'));
    const order = `${config(root, 'aggregation', 'conflictResolutionConfig', 'priorityOrder')}.orValue([])`;
    const workloads = `${tools(root)}.map(t, t.?workload.orValue(""))`;
    return `(${strategy} == "priority" && ${order}.size() == 0 ? ["priority"] : []) + (${strategy} == "manual" && ${tools(root)}.size() == 0 ? ["manual"] : []) + (${tools(root)}.size() > 100 ? [] : ${workloads}.filter(w, !${workloads}.exists_one(o, o == w)))`;
  }),
  celRule('vmcp-prefix-without-workload', VMCP, (root) => {
    const format = textOf(config(root, 'aggregation', 'conflictResolutionConfig', 'prefixFormat'));
    const strategy = `${config(root, 'aggregation', 'conflictResolution')}.orValue("prefix")`;
    return when(`${strategy} == "prefix" && ${format} != "" && !${format}.contains("{workload}")`, format);
  }),
  celRule(
    'vmcp-tool-filter-ignored',
    VMCP,
    (root) =>
      `${tools(root)}.filter(t, t.?filter.hasValue() && (t.?filter.orValue([]).size() == 0 || ${isSet('t.?toolConfigRef.?name')})).map(t, t.?workload.orValue(""))`,
  ),
  celRule('vmcp-audit-always-on', VMCP, (root) =>
    when(`${config(root, 'audit')}.hasValue() && !${config(root, 'audit', 'enabled')}.orValue(false)`),
  ),
  celRule('vmcp-config-optimizer', VMCP, (root) => {
    const optimizer = (field: string) => textOf(config(root, 'optimizer', field));
    const ratio = (field: string, most: number) =>
      `${matches(optimizer(field), '^[0-9]+([.][0-9]+)?$')} && double(${optimizer(field)}) > ${most}.0 ? [${text(field)}] : []`;
    const served = `${optimizer('embeddingService')} != "" || ${spec(root, 'embeddingServerRef')}.hasValue()`;
    const openai = `${optimizer('embeddingProvider')} == "openai"`;
    const lacks = `${config(root, 'optimizer')}.hasValue() && ((${openai} && (${optimizer('embeddingService')} == "" || ${optimizer('embeddingModel')} == "")) || (!(${openai}) && !(${served})))`;
    return `(${ratio('hybridSearchSemanticRatio', 1)}) + (${ratio('semanticDistanceThreshold', 2)}) + (${lacks} ? ["embeddingService"] : [])`;
  }),
  celRule('vmcp-authz-with-optimizer', VMCP, (root) => {
    const authz = `${spec(root, 'incomingAuth', 'authzConfig')}.hasValue() || ${spec(root, 'incomingAuth', 'authzConfigRef')}.hasValue()`;
    return when(
      `(${authz}) && (${config(root, 'optimizer')}.hasValue() || ${spec(root, 'embeddingServerRef')}.hasValue())`,
    );
  }),
  celRule('vmcp-sessions-not-shared', VMCP, (root) =>
    when(
      `${spec(root, 'replicas')}.orValue(1) > 1 && ${spec(root, 'sessionStorage', 'provider')}.orValue("") != "redis"`,
      `${spec(root, 'replicas')}.orValue(1)`,
    ),
  ),
  celRule('vmcp-open-by-mistake', VMCP, (root) =>
    when(
      `${spec(root, 'incomingAuth', 'type')}.orValue("") == "anonymous" && (${spec(root, 'incomingAuth', 'oidcConfigRef')}.hasValue() || ${config(root, 'incomingAuth', 'type')}.orValue("") == "oidc")`,
    ),
  ),
  celRule('vmcp-authz-upstream', VMCP, (root) => {
    const inline = textOf(spec(root, 'incomingAuth', 'authzConfig', 'inline', 'primaryUpstreamProvider'));
    const chosen = `(${inline} != "" ? ${inline} : ${textOf(spec(root, 'authServerConfig', 'primaryUpstreamProvider'))})`;
    const known = `${spec(root, 'authServerConfig', 'upstreamProviders')}.orValue([]).exists(u, u.?name.orValue("default") == ${chosen})`;
    return when(
      `${spec(root, 'incomingAuth', 'authzConfig')}.hasValue() && ${chosen} != "" && !${known}`,
      chosen,
    );
  }),
  celRule('vmcp-name-without-service', VMCP, (root) =>
    when(`${root}.metadata.name.size() > 58 || ${root}.metadata.name.contains(".")`),
  ),
  celRule('vmcp-own-service-account', VMCP, (root) =>
    when(
      `${isSet(spec(root, 'serviceAccount'))} && ${source(root)} != "inline"`,
      textOf(spec(root, 'serviceAccount')),
    ),
  ),
  celRule(
    'vmcp-config-unknown-field',
    VMCP,
    (root) =>
      `${config(root)}.orValue({}).map(k, k).filter(k, !(k in ${texts(Object.keys(VMCP_CONFIG.fields))}))`,
  ),
  celRule(
    'vmcp-config-ignored',
    VMCP,
    (root) =>
      `${config(root)}.orValue({}).map(k, k).filter(k, k in ${texts(OVERWRITTEN)} || (k == "name" && ${textOf(config(root, 'name'))} != "" && ${textOf(config(root, 'name'))} != ${root}.metadata.name))`,
  ),
  celRule('vmcp-partial-failure-ignored', VMCP, (root) =>
    when(`${textOf(config(root, 'operational', 'failureHandling', 'partialFailureMode'))} == "best_effort"`),
  ),
];
