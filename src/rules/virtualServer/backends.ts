import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import { child, type FieldPath, listItem } from '../findings/fieldPath.ts';
import { forbidden, invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import { deny, type Facts, warn } from '../rule.ts';
import { checkUrl } from '../url/checkUrl.ts';
import { checkBackendHost } from '../url/remoteHosts.ts';

export const backendRules = {
  'vmcp-backend-ca-path': deny(
    'A configured backend must have a CA path that the vMCP accepts.',
    'VirtualMCPServer',
  ),
  'vmcp-backend-outside-group': warn(
    'Backends must be members of the group, not items of spec.config.backends.',
    'VirtualMCPServer',
  ),
};

type ConfiguredBackend = VirtualMcpServer['backends'][number];

/** The rules of the vMCP's own validator for `caBundlePath`. A violation ends the process at start. */
function checkCaPath({ caBundlePath: path, type }: ConfiguredBackend, field: FieldPath): Finding[] {
  if (!path) return [];
  const say = (detail: string) =>
    invalid({
      rule: 'vmcp-backend-ca-path',
      field,
      value: path,
      detail: `${detail}; the vMCP refuses its whole configuration otherwise`,
    });
  const findings: Finding[] = [];
  if (type !== 'entry') findings.push(say('needs type: entry beside it'));
  if (!path.startsWith('/') || path.includes('..') || path.includes('\0'))
    findings.push(say('must be an absolute path without ".."'));
  return findings;
}

/** In static mode the operator replaces the list; in dynamic mode the vMCP serves it, whatever the group has. */
function checkPlace(backends: readonly ConfiguredBackend[], { source }: VirtualMcpServer): Finding[] {
  if (backends.length === 0) return [];
  const detail =
    source === 'inline'
      ? 'is ignored: in static mode ToolHive writes the members of the group here; describe each backend with an MCPServerEntry of the group'
      : 'is served beside the members of the group, without the checks, the phase, the headers and the auth of an entry; describe each backend with an MCPServerEntry of the group';
  const violations = backends.map(({ name, url }) => ({ parts: [name, url] }));
  return [
    forbidden({ rule: 'vmcp-backend-outside-group', field: 'spec.config.backends', violations, detail }),
  ];
}

/**
 * `spec.config.backends`: what is wrong with each item, or else that it should not be there. It is one or the other for each
 * item, so that an update which removes a wrong one adds no violation. Private endpoints are allowed: the backends of a vMCP
 * are mostly Services of the cluster.
 */
export function checkBackends(vmcp: VirtualMcpServer, _facts: Facts, policy: Policy): Finding[] {
  const items = vmcp.backends.map((backend, index) => {
    const path = listItem('spec.config.backends', index, backend.name);
    const findings = [
      ...checkUrl(child(path, 'url'), backend.url, true, policy.url),
      ...checkBackendHost(child(path, 'url'), backend.url, policy.url),
      ...checkCaPath(backend, child(path, 'caBundlePath')),
    ];
    return { backend, findings };
  });
  const right = items.filter(({ findings }) => findings.length === 0).map(({ backend }) => backend);
  return [...items.flatMap(({ findings }) => findings), ...checkPlace(right, vmcp)];
}
