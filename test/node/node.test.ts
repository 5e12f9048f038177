import { afterAll, beforeAll, describe } from 'vitest';
import { available } from './available.ts';
import { byHelm, byHelmAgain } from './byHelm.ts';
import { byKustomize, byKustomizeAgain } from './byKustomize.ts';
import { injected } from './injected.ts';
import { installed } from './installed.ts';
import { type Machine, Node } from './machine/node.ts';
import { rotated } from './rotated.ts';
import { served } from './served.ts';

const machine = JSON.parse(process.env.VMCP_NODE ?? '{}') as Machine;

/** One node. The parts stand in the order in which they run. */
describe('a real node', () => {
  let node: Node;
  beforeAll(async () => {
    node = await Node.create(machine);
  });
  afterAll(() => node?.close());

  byKustomize(() => node);
  byHelm(() => node);
  installed(() => node);
  injected(() => node);
  served(() => node);
  rotated(() => node);
  available(() => node);
  byHelmAgain(() => node);
  byKustomizeAgain(() => node);
});
