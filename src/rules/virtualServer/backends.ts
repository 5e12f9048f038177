import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import { child, type FieldPath, listItem } from '../findings/fieldPath.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import { deny, type Facts } from '../rule.ts';
import { checkUrl } from '../url/checkUrl.ts';
import { checkBackendHost } from '../url/remoteHosts.ts';

export const backendRules = {
  'vmcp-backend-ca-path': deny(
    'A configured backend must have a CA path that the vMCP accepts.',
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

/** `spec.config.backends`. Private endpoints are allowed: the backends of a vMCP are mostly Services of the cluster. */
export function checkBackends({ backends }: VirtualMcpServer, _facts: Facts, policy: Policy): Finding[] {
  return backends.flatMap((backend, index) => {
    const path = listItem('spec.config.backends', index, backend.name);
    return [
      ...checkUrl(child(path, 'url'), backend.url, true, policy.url),
      ...checkBackendHost(child(path, 'url'), backend.url, policy.url),
      ...checkCaPath(backend, child(path, 'caBundlePath')),
    ];
  });
}
