import { isSet, type Root, spec, when } from './cel.ts';
import { type CelRule, celRule } from './celRule.ts';

const CONFIG = ['MCPExternalAuthConfig'] as const;

const isType = (root: Root, type: string) => `${spec(root, 'type')}.orValue("") == "${type}"`;

/** True when of a client's id and secret one is set and the other is not. */
function half(root: Root, id: string, secret: string): string {
  return `(${isSet(spec(root, 'xaa', id))}) != ${spec(root, 'xaa', secret)}.hasValue()`;
}

/** The rules about auth configs. */
export const authConfigRules: readonly CelRule[] = [
  celRule('auth-field-missing', CONFIG, (root) => {
    const needed = [
      ['xaa', 'targetAudience'],
      ['awsSts', 'region'],
      ['upstreamInject', 'providerName'],
    ];
    return `[${needed.map((path) => `${spec(root, ...path)}.orValue("-") == "" ? "${path.join('.')}" : ""`).join(', ')}].filter(f, f != "")`;
  }),
  celRule('auth-client-id-missing', CONFIG, (root) =>
    when(
      `${spec(root, 'tokenExchange', 'clientSecretRef')}.hasValue() && !(${isSet(spec(root, 'tokenExchange', 'clientId'))})`,
    ),
  ),
  celRule('auth-token-header-dropped', CONFIG, (root) =>
    when(isSet(spec(root, 'tokenExchange', 'externalTokenHeaderName'))),
  ),
  celRule('aws-role-missing', CONFIG, (root) => {
    const mappings = `${spec(root, 'awsSts', 'roleMappings')}.orValue([])`;
    const none = `${isType(root, 'awsSts')} && ${spec(root, 'awsSts')}.hasValue() && !(${isSet(spec(root, 'awsSts', 'fallbackRoleArn'))}) && ${mappings}.size() == 0`;
    const wrong = `${mappings}.filter(m, (${isSet('m.?claim')}) == (${isSet('m.?matcher')})).map(m, m.?roleArn.orValue(""))`;
    return `(${none}) ? ["none"] : (${isType(root, 'awsSts')} ? ${wrong} : [])`;
  }),
  celRule('auth-client-half', CONFIG, (root) => {
    const clients = [
      ['idpClientId', 'idpClientSecretRef'],
      ['targetClientId', 'targetClientSecretRef'],
    ] as const;
    const halves = clients.map(([id, secret]) => `${half(root, id, secret)} ? "${id}" : ""`);
    return `(${isType(root, 'xaa')}) ? [${halves.join(', ')}].filter(c, c != "") : []`;
  }),
  celRule('auth-token-url-cleartext', CONFIG, (root) =>
    when(
      `${isType(root, 'xaa')} && ${spec(root, 'xaa', 'targetTokenUrl')}.orValue("").startsWith("http://") && !${spec(root, 'xaa', 'insecureTargetTokenUrl')}.orValue(false)`,
    ),
  ),
  celRule('tool-override-empty', ['MCPToolConfig'], (root) => {
    const overrides = spec(root, 'toolsOverride');
    const has = (field: string) => isSet(`${overrides}[?t].?${field}`);
    return `${overrides}.orValue({}).map(t, t).filter(t, !(${has('name')}) && !(${has('description')}))`;
  }),
];
