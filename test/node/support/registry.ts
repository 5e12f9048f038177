import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Published, pushImages, reference, signImages } from '../../../scripts/release/publish.ts';
import { VERSION } from '../../../src/version.ts';
import { command } from '../../support/command.ts';
import { makeSigningKey } from '../../support/cosign.ts';
import { until } from '../../support/wait.ts';
import { REGISTRY } from '../machine/network.ts';
import type { Node } from '../machine/node.ts';
import { ROOT } from './paths.ts';

/** Starts a registry beside the nodes, and pushes the image and the chart of this checkout to it as a release does. */
export async function pushToRegistry(node: Node): Promise<Published> {
  const { crane, helms, images } = node.machine;
  const registry = node.start('registry', crane, ['registry', 'serve', '--address', REGISTRY]);
  await until('the registry', () => (registry.log().includes('serving on port') ? true : undefined));
  const into = node.file('release');
  await mkdir(into);
  return pushImages({
    root: ROOT,
    version: VERSION,
    registry: REGISTRY,
    image: images.webhook,
    into,
    programs: { crane, helm: helms[4] },
    helmPush: ['--plain-http'],
    env: { ...process.env, HOME: node.file('.') },
  });
}

/** Signs image and chart with a key of this run, and returns what `cosign verify` prints about each. */
export async function signAndVerify(
  node: Node,
  cosign: string,
  published: Published,
): Promise<readonly string[]> {
  const folder = join(node.file('release'), 'keys');
  await mkdir(folder);
  const { sign, verify, env } = await makeSigningKey(cosign, folder, process.env);
  await signImages({ cosign, signing: sign, env }, published);
  const printed: string[] = [];
  for (const pushed of [published.image, published.chart])
    printed.push(await command(cosign, ['verify', ...verify, reference(pushed)], { env }));
  return printed;
}
