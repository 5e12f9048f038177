import { expect, it } from 'vitest';
import { auditProblems } from '../../../src/toolhive/vmcpConfig/audit.ts';
import { aggregationProblems, operationalProblems } from '../../../src/toolhive/vmcpConfig/sections.ts';

const FIRST = 2_000;
const many = (value: unknown) =>
  Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, value]));

it.each([
  ['events', auditProblems({ eventTypes: Object.keys(many(1)) }), 'audit.eventTypes[0]'],
  [
    'overrides',
    aggregationProblems({
      conflictResolution: 'manual',
      conflictResolutionConfig: {},
      tools: [{ workload: 'w', overrides: many({}) }],
    }),
    'aggregation.tools[0].overrides[k0]',
  ],
  [
    'time-outs',
    operationalProblems({ timeouts: { perWorkload: many('-1s') } }),
    'operational.timeouts.perWorkload[k0]',
  ],
])('the first of very many %s with a mistake are told', (_what, problems, first) => {
  expect([problems.length, problems[0]?.path]).toEqual([FIRST, first]);
});
