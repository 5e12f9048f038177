import { describe, expect, it } from 'vitest';
import { TOOLHIVE_KINDS } from '../../../src/toolhive/kinds.ts';
import { lookalikeProblem } from '../../../src/toolhive/lookalike.ts';

const GROUP = 'toolhive.stacklok.dev';

describe('an object that is meant as one of the six kinds', () => {
  it.each([
    [`${GROUP}/v1beta2`, 'MCPServerEntry'],
    [`${GROUP}/v1`, 'VirtualMCPServer'],
    [`${GROUP}/V1beta1`, 'MCPGroup'],
    [`${GROUP}/v1beta1 `, 'MCPGroup'],
    [GROUP, 'MCPServer'],
    ['Toolhive.Stacklok.dev/v1beta1', 'MCPServerEntry'],
    [`${GROUP}/v1beta1`, 'mcpserverentry'],
    [`${GROUP}/v1beta1`, 'MCPServerentry'],
    [`${GROUP}/v1beta1`, 'mcpserverentries'],
    [`${GROUP}/v1beta1`, 'mcpserverentrylist'],
    [`${GROUP}/v1beta2`, 'MCPServerEntryList'],
  ])('in a version or spelling that is not known is a problem: %s %s', (apiVersion, kind) => {
    const problem = lookalikeProblem({ apiVersion, kind });
    expect(problem).toContain(`"${kind}" of "${apiVersion}"`);
    expect(problem).toContain(`of ${GROUP}/v1beta1 and ${GROUP}/v1alpha1`);
    expect(problem).toContain('newer vmcp-admission');
  });

  it.each(TOOLHIVE_KINDS)('and is one is no problem: %s', (kind) => {
    for (const version of ['v1beta1', 'v1alpha1'])
      for (const known of [kind, `${kind}List`])
        expect(lookalikeProblem({ apiVersion: `${GROUP}/${version}`, kind: known })).toBeUndefined();
  });
});

it.each([
  [`${GROUP}/v1beta1`, 'MCPRegistry'],
  [`${GROUP}/v1beta1`, 'MCPToolConfig'],
  [`${GROUP}/v1beta2`, 'VirtualMCPCompositeToolDefinition'],
  ['example.com/v1', 'MCPServerEntry'],
  ['v1', 'mcpgroup'],
  [`${GROUP}/v1`, '__proto__'],
])('other kinds and groups are none of our business: %s %s', (apiVersion, kind) => {
  expect(lookalikeProblem({ apiVersion, kind })).toBeUndefined();
});
