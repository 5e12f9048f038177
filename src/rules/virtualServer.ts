import type { NamespaceView } from '../catalog/catalog.ts';
import { canonicalHeader } from '../toolhive/headerNames.ts';
import type { VirtualMcpServer } from '../toolhive/virtualServer.ts';
import type { Facts } from './facts.ts';
import { forbidden, invalid, required } from './finding.ts';
import { checkHeaderName } from './headers.ts';
import { toVerdict } from './levels.ts';
import { checkChoices, checkOverrides, checkProviders } from './outgoingAuth.ts';
import { settersOf } from './passthrough.ts';
import type { Policy } from './policy.ts';
import { checkGroup } from './references.ts';
import { checkUrl } from './remoteUrl.ts';
import { checkSpelling } from './spelling.ts';
import type { Finding, Verdict } from './verdict.ts';

/** Gap S13, and the vMCP validator's own rules for `caBundlePath`, which end the process. */
function checkBackends(vmcp: VirtualMcpServer, policy: Policy): Finding[] {
  return vmcp.backends.flatMap((backend, index) => {
    const path = `spec.config.backends[${index}]`;
    // A vMCP's own backends are mostly Services of the cluster, so private endpoints are allowed here.
    const findings = checkUrl(`${path}.url`, backend.url, true, policy.url);
    const ca = backend.caBundlePath;
    if (!ca) return findings;
    const say = (detail: string) =>
      findings.push(
        invalid({
          rule: 'vmcp-backend-ca-path',
          field: `${path}.caBundlePath`,
          value: ca,
          detail,
        }),
      );
    if (backend.type !== 'entry')
      say('needs type: entry beside it; the vMCP refuses its whole configuration otherwise');
    if (!ca.startsWith('/') || ca.includes('..') || ca.includes('\0'))
      say('must be an absolute path without ".."; the vMCP refuses its whole configuration otherwise');
    return findings;
  });
}

const NEVER_PASSED = new Set(['Authorization', 'Cookie']);

/** What the vMCP validator demands of pass-through headers; one bad name ends the process. And gap H6. */
function checkPassthrough(vmcp: VirtualMcpServer, view: NamespaceView): Finding[] {
  const setters = vmcp.group === undefined ? undefined : settersOf(view.members(vmcp.group).entries);
  return vmcp.passthroughHeaders.flatMap(({ name, field }) => {
    const canonical = canonicalHeader(name);
    if (checkHeaderName(name, field).length > 0 || NEVER_PASSED.has(canonical))
      return [
        forbidden({
          rule: 'vmcp-passthrough-header',
          field,
          value: name,
          detail: `${JSON.stringify(name.slice(0, 60))} cannot be passed through: the vMCP refuses its whole configuration with a name that is no HTTP token, is restricted, or is Authorization or Cookie`,
        }),
      ];
    const clash = setters?.get(canonical);
    if (clash === undefined) return [];
    return [
      forbidden({
        rule: 'header-passthrough-clash',
        field,
        value: name,
        detail: `entry "${clash.metadata.name}" sets ${canonical} itself; every call that carries it from a client will fail there`,
      }),
    ];
  });
}

/** What the CRD demands too: it matters where no API server stands before us, as in `check`. */
function checkRequired(vmcp: VirtualMcpServer): Finding[] {
  if (vmcp.group !== undefined) return [];
  return [
    required({
      rule: 'group-missing',
      field: vmcp.fields.group,
      detail: 'the MCPGroup whose backends this vMCP serves',
    }),
  ];
}

/** Applies every rule about a VirtualMCPServer. Pure; never throws. */
export function judgeVirtualServer(vmcp: VirtualMcpServer, { view }: Facts, policy: Policy): Verdict {
  return toVerdict(
    [
      ...checkChoices(vmcp, view),
      ...checkProviders(vmcp, view),
      ...checkBackends(vmcp, policy),
      ...checkPassthrough(vmcp, view),
      ...checkRequired(vmcp),
      ...checkGroup(vmcp.group, vmcp.fields.group, view),
      ...checkOverrides(vmcp, view),
      ...checkSpelling(vmcp.fields),
    ],
    policy,
  );
}
