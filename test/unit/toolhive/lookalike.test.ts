import { describe, expect, it } from 'vitest';
import { STORED_KINDS } from '../../../src/toolhive/kinds.ts';
import { misspelling, unknownVersion } from '../../../src/toolhive/lookalike.ts';

const GROUP = 'toolhive.stacklok.dev';
const entry = (version: string) => ({ apiVersion: `${GROUP}/${version}`, kind: 'MCPServerEntry' });

describe('an object that is meant as one of ToolHive', () => {
  it.each([
    [`${GROUP}/v1beta1`, 'MCPServerEnty', 'kind', entry('v1beta1')],
    [`${GROUP}/v1alpha1`, 'mcpserverentry', 'kind', entry('v1alpha1')],
    [`${GROUP}/v1beta1`, 'mcpserverentries', 'kind', entry('v1beta1')],
    [`${GROUP}/v1beta1`, 'mcpserverentrylist', 'kind', entry('v1beta1')],
    [`${GROUP}/v9`, 'MCPServerEnty', 'kind', entry('v1beta1')],
    [`${GROUP}/v1beta1`, 'MCPToolConfg', 'kind', { ...entry('v1beta1'), kind: 'MCPToolConfig' }],
    [`${GROUP}/v1beta1`, 'Deployment', 'kind', undefined],
    [`${GROUP}/v1`, '__proto__', 'kind', undefined],
    ['stacklock.dev/v1beta1', 'MCPServerEntry', 'apiVersion', entry('v1beta1')],
    ['toolhive.stacklock.dev/v1beta1', 'MCPServerEntry', 'apiVersion', entry('v1beta1')],
    ['toolhive.stacklok.io/v1alpha1', 'MCPServerEntry', 'apiVersion', entry('v1alpha1')],
    ['Toolhive.Stacklok.dev/v1beta1', 'MCPServerEntry', 'apiVersion', entry('v1beta1')],
    ['toolhive.dev/v1', 'MCPServerEnty', 'apiVersion', entry('v1beta1')],
    ['mcp.stacklok.dev/v1', 'MCPServer', 'apiVersion', { ...entry('v1beta1'), kind: 'MCPServer' }],
    ['v1alpha1', 'MCPServerEntry', 'apiVersion', entry('v1alpha1')],
    ['v1', 'mcpgroup', 'apiVersion', { ...entry('v1beta1'), kind: 'MCPGroup' }],
  ])('and misspelt: %s %s', (apiVersion, kind, field, meant) => {
    expect(misspelling({ apiVersion, kind })).toEqual({ field, meant });
  });

  it.each([
    [`${GROUP}/v1beta2`, 'MCPServerEntry'],
    [`${GROUP}/v1`, 'VirtualMCPServer'],
    [`${GROUP}/V1beta1`, 'MCPGroup'],
    [`${GROUP}/v1beta1 `, 'MCPGroup'],
    [`${GROUP}/v1beta2`, 'MCPServerEntryList'],
    [`${GROUP}/v1beta2`, 'MCPRegistry'],
    [GROUP, 'MCPServer'],
  ])('and in a version that is not known: %s %s', (apiVersion, kind) => {
    expect(misspelling({ apiVersion, kind })).toBeUndefined();
    const problem = unknownVersion({ apiVersion, kind });
    expect(problem).toContain(`${GROUP}/v1beta1 and ${GROUP}/v1alpha1`);
    expect(problem).toContain('newer vmcp-admission');
  });

  it.each(STORED_KINDS)('and is one is neither: %s', (kind) => {
    for (const version of ['v1beta1', 'v1alpha1'])
      for (const known of [kind, `${kind}List`]) {
        const object = { apiVersion: `${GROUP}/${version}`, kind: known };
        expect([misspelling(object), unknownVersion(object)]).toEqual([undefined, undefined]);
      }
  });
});

it.each([
  ['example.com/v1', 'MCPServerEntry'],
  ['mcp.example.com/v1', 'MCPServer'],
  ['toolbox.example.com/v1', 'MCPServer'],
  ['stacklok.dev/v1', 'Profile'],
  ['v1', 'Service'],
])('is an object of another project: %s %s', (apiVersion, kind) => {
  const object = { apiVersion, kind };
  expect([misspelling(object), unknownVersion(object)]).toEqual([undefined, undefined]);
});
