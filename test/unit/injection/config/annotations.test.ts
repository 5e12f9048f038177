import { describe, expect, it } from 'vitest';
import {
  BASE,
  baseConfigMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  type Raw,
  selfManagedPod,
  toolhive,
  virtualServer,
} from '../support/cluster.ts';
import { context, depsOf, injectPod } from '../support/fixtures.ts';

/** A base config with this many policies of about 68 bytes. */
function policies(count: number) {
  const cedar = Array.from(
    { length: count },
    (_, index) => `permit(principal, action, resource == Tool::"tool-${index}");`,
  );
  return baseConfigMap({
    ...BASE,
    incomingAuth: { type: 'anonymous', authz: { type: 'cedar', policies: cedar } },
  });
}

function servers(count: number, characters: number): Raw[] {
  const url = 'https://h.example/'.padEnd(characters, 'a');
  const spec = { groupRef: { name: 'team' }, transport: 'sse' };
  return Array.from({ length: count }, (_, index) =>
    toolhive('MCPServer', `s-${index}`, spec, { status: { phase: 'Ready', url } }),
  );
}

const OPT_OUT = 'or let the Pod opt out with the annotation vmcp-admission.dev/inject: disabled';
const BEFORE = 'the annotations of the Pod would have \\d+ bytes, 262144 are allowed: the base config has';

const ROWS: readonly [
  what: string,
  objects: readonly Raw[],
  annotations: Record<string, string>,
  message: string,
][] = [
  [
    'a base config of 9,000 policies',
    [policies(9_000), entry('one')],
    {},
    `^key "config.yaml" of ConfigMap "team-vmcp-vmcp-config" has 5\\d{5} bytes, but all annotations of a Pod share 262144; shorten the base config, ${OPT_OUT}$`,
  ],
  [
    'a base config of 4,500 policies',
    [policies(4_500), entry('one')],
    {},
    `has 29\\d{4} bytes, but all annotations`,
  ],
  [
    'a base config that leaves no room',
    [policies(3_900), ...servers(1, 15_000)],
    {},
    `^${BEFORE} 25\\d{4}, the backends of the group 15\\d{3}, other annotations \\d+; shorten the base config, ${OPT_OUT}$`,
  ],
  [
    'a group of large backends',
    [baseConfigMap(), ...servers(20, 15_000)],
    {},
    `^${BEFORE} \\d{3}, the backends of the group 30\\d{4}, other annotations \\d+; split the group, ${OPT_OUT}$`,
  ],
  [
    'a Pod with large annotations',
    [baseConfigMap(), entry('one')],
    { note: 'x'.repeat(262_000) },
    `^${BEFORE} \\d{3}, the backends of the group \\d{3}, other annotations 26\\d{4}; remove annotations from the Pod, ${OPT_OUT}$`,
  ],
];

describe('a config that fits into no annotation', () => {
  it.each(ROWS)(
    '(%s) leaves the Pod as it is and says what is large',
    async (_, objects, annotations, message) => {
      const pods = [operatorMadePod({ annotations }), selfManagedPod()];
      if (Object.keys(annotations).length > 0) pods.pop();
      for (const pod of pods) {
        const deps = depsOf(documents([GROUP, virtualServer(), ...objects]));
        const skipped = await injectPod(pod, 'apps', deps, context());
        expect(skipped).toMatchObject({ decision: 'skipped', reason: 'config-too-large', patch: [] });
        expect(skipped.message).toMatch(new RegExp(message));
        const strict = { ...deps, settings: { ...deps.settings, unusableConfig: 'refuse' } as const };
        expect(await injectPod(pod, 'apps', strict, context())).toEqual({ ...skipped, decision: 'refused' });
      }
    },
  );
});
