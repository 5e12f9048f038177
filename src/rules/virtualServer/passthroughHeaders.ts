import { canonicalHeader } from '../../toolhive/headerNames.ts';
import type { VirtualMcpServer } from '../../toolhive/models/virtualServer.ts';
import { forbidden } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { headerItem, headerValue, shownHeader } from '../headers/header.ts';
import { checkHeaderName } from '../headers/name.ts';
import { checkServedPassthrough } from '../passthrough.ts';
import { deny, type Facts } from '../rule.ts';

export const passthroughHeaderRules = {
  'vmcp-passthrough-header': deny(
    'Pass-through headers must be ones that the vMCP accepts.',
    'VirtualMCPServer',
  ),
};

const NEVER_PASSED = new Set(['Authorization', 'Cookie']);

/** The rules of the vMCP's own validator for pass-through headers. One bad name ends the process. */
export function checkPassthroughHeaders(vmcp: VirtualMcpServer, facts: Facts): Finding[] {
  return vmcp.passthroughHeaders.flatMap(({ name, list, index }) => {
    const field = headerItem(list, index, name);
    if (checkHeaderName(name, field).length > 0 || NEVER_PASSED.has(canonicalHeader(name)))
      return [
        forbidden({
          rule: 'vmcp-passthrough-header',
          field,
          ...headerValue(name),
          detail: `${shownHeader(name)} cannot be passed through: the vMCP refuses its whole configuration with a name that is not an HTTP token, is restricted, or is Authorization or Cookie`,
        }),
      ];
    return checkServedPassthrough(vmcp, name, field, facts);
  });
}
