import type { Referrer } from '../../catalog/catalog.ts';
import { quoted } from '../../text/line.ts';
import type { McpOidcConfig } from '../../toolhive/models/oidcConfig.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { namedObjects } from '../named.ts';
import { type Facts, warn } from '../rule.ts';
import { authServerFault } from '../virtualServer/authServer.ts';

export const oidcReferenceRules = {
  'vmcp-oidc-key-token': warn(
    'The identity provider of a vMCP must give its keys to a caller without a token.',
    'VirtualMCPServer',
    'MCPOIDCConfig',
  ),
};

const NO_TOKEN = 'ToolHive drops it for a vMCP, so where the provider asks for one every call gets 401';

/** The issuer of a vMCP's auth server when it is not that of the config; undefined when they agree. */
function otherIssuer({ authServer, incomingAuth }: VirtualMcpServer, { issuer }: McpOidcConfig) {
  if (incomingAuth !== 'oidc' || authServer?.issuer === undefined) return undefined;
  return authServer.issuer === issuer.value ? undefined : authServer.issuer;
}

function keyTokenFinding(field: string, name: string, detail: string): Finding {
  return invalid({ rule: 'vmcp-oidc-key-token', field, value: name, detail: `${detail}; ${NO_TOKEN}` });
}

/** The OIDC settings that a vMCP names, against its auth server. */
export function checkOidcReference(vmcp: VirtualMcpServer, { view }: Facts): Finding[] {
  return vmcp.references.flatMap(({ kind, name, field }) => {
    const config = kind === 'MCPOIDCConfig' ? view.get(kind, name) : undefined;
    if (config === undefined) return [];
    const findings: Finding[] = [];
    const issuer = otherIssuer(vmcp, config);
    if (issuer !== undefined)
      findings.push(
        authServerFault(
          'spec.authServerConfig.issuer',
          issuer,
          `is ${quoted(issuer)}, but MCPOIDCConfig ${quoted(name)} takes tokens of ${quoted(config.issuer.value)}; the two must be the same text`,
        ),
      );
    if (config.keyTokenField !== undefined) {
      const sets = `MCPOIDCConfig ${quoted(name)} reads keys with a token (its ${config.keyTokenField})`;
      findings.push(keyTokenFinding(field, name, sets));
    }
    return findings;
  });
}

function isVirtualServer(user: Referrer): user is VirtualMcpServer {
  return user.kind === 'VirtualMCPServer';
}

/** The other side: the vMCPs that name these settings. */
export function checkOidcUsers(config: McpOidcConfig, { view }: Facts): Finding[] {
  const { name } = config.metadata;
  const users = view.referrersOf('MCPOIDCConfig', name).filter(isVirtualServer);
  const findings = users.flatMap((vmcp) => {
    const issuer = otherIssuer(vmcp, config);
    if (issuer === undefined) return [];
    const detail = `is ${quoted(config.issuer.value)}, but the auth server of VirtualMCPServer "${vmcp.metadata.name}", which uses this, has the issuer ${quoted(issuer)}; the two must be the same text`;
    return [authServerFault(config.issuer.field, config.issuer.value, detail)];
  });
  if (config.keyTokenField !== undefined && users.length > 0)
    findings.push(
      keyTokenFinding(
        config.keyTokenField,
        name,
        `makes servers read keys with a token, and is used by ${namedObjects(users)}`,
      ),
    );
  return findings;
}
