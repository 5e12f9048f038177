import { afterAll, beforeAll, describe } from 'vitest';
import type { Published } from '../../scripts/release/publish.ts';
import { available } from './available.ts';
import { byHelm, byHelm3, uninstalledByHelm } from './byHelm.ts';
import { byKustomize, byKustomizeAgain } from './byKustomize.ts';
import { injected } from './injected.ts';
import { installed } from './installed.ts';
import { type Machine, Node } from './machine/node.ts';
import { rotated } from './rotated.ts';
import { served } from './served.ts';
import { pushToRegistry } from './support/registry.ts';
import { BESIDE, installCrds } from './support/webhook.ts';
import { valueSets } from './valueSets.ts';

const machine = JSON.parse(process.env.VMCP_NODE ?? '{}') as Machine;

/** One node, and soon a second one. The parts stand in the order in which they run. */
describe('a real node', () => {
  let node: Node;
  /** The second node and the registry, which the first part does not need. */
  let later: Promise<Published>;
  beforeAll(async () => {
    node = await Node.create(machine);
    await installCrds(node);
    await node.kubectl.ok(['create', 'namespace', BESIDE.reviewed]);
    later = Promise.all([pushToRegistry(node), node.addSecondNode()]).then(([published]) => published);
    // The part that waits for them says what is wrong.
    later.catch(() => undefined);
  });
  afterAll(() => node?.close());

  const site = async () => ({ node, published: await later });

  byKustomize(() => node);
  byHelm(site);
  // A kubelet takes up to a minute for a new certificate, in which the other parts run.
  describe('at the same time', () => {
    describe.concurrent('renews', () => rotated(() => node));
    describe.concurrent('works', () => {
      describe.sequential('in turn', () => {
        installed(() => node);
        injected(() => node);
        served(() => node);
        byHelm3(site);
        valueSets(() => node);
      });
    });
  });
  available(() => node);
  uninstalledByHelm(() => node);
  byKustomizeAgain(() => node);
});
