import * as z from 'zod';
import { type Condition, statusWire, validCondition } from '../../kubernetes/condition.ts';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';
import { fieldsAt } from '../../kubernetes/record.ts';
import { cedarProblems } from '../vmcpConfig/cedar.ts';

/** The type of the policies that a vMCP can use. Source: `resolveAuthzConfigRef` of toolhive v0.47.0, pkg/vmcpconfig. */
export const VMCP_AUTHZ_TYPE = 'cedarv1';

/** An MCPAuthzConfig: policies about who may call what. */
export interface McpAuthzConfig {
  readonly kind: 'MCPAuthzConfig';
  readonly metadata: Metadata;
  readonly type: string;
  readonly valid: Condition | undefined;
  /** Why the vMCP cannot read its Cedar policies; undefined when it can. The controller does not look into them. */
  readonly policyFault: string | undefined;
}

const wire = z.object({
  metadata: metadataWire.nullish(),
  spec: z.object({ type: z.string().nullish() }).nullish(),
  status: statusWire,
});

function policyFault(raw: unknown): string | undefined {
  const config = fieldsAt(raw, 'spec', 'config');
  const [problem] = cedarProblems(
    { policies: config?.policies, entitiesJson: config?.entities_json },
    'spec.config',
  );
  return problem && `${problem.path} ${problem.message}`;
}

export function readAuthzConfig(raw: unknown): Read<McpAuthzConfig> {
  return readWith(wire, raw, ({ metadata, spec, status }) => ({
    kind: 'MCPAuthzConfig' as const,
    metadata: toMetadata(metadata),
    type: spec?.type ?? '',
    valid: validCondition(status),
    policyFault: policyFault(raw),
  }));
}
