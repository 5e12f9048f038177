import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../../support/command.ts';
import { ProcessScope } from '../../support/processes.ts';
import { until } from '../../support/wait.ts';

/** A registry of images on this machine. */
export interface OciRegistry {
  /** Its address, such as 127.0.0.1:4711. */
  readonly address: string;
  readonly scope: ProcessScope;
}

/** Starts a registry, empty and in memory; it ends with the scope. */
export async function startOciRegistry(crane: string): Promise<OciRegistry> {
  const scope = await ProcessScope.create('vmcp-admission-release');
  const registry = scope.start('registry', crane, ['registry', 'serve', '--address', '127.0.0.1:0']);
  const port = await until('the registry', async () => /serving on port (\d+)/.exec(registry.log())?.[1]);
  return { address: `127.0.0.1:${port}`, scope };
}

/**
 * Makes an image for amd64 and arm64 as the build of the Dockerfile leaves it: an OCI layout of an index. It holds the bundle and
 * package.json, without a base image. Returns the folder.
 */
export async function makeImage(
  crane: string,
  { address, scope }: OciRegistry,
  npmPackage: string,
): Promise<string> {
  const [tree, layer] = [join(scope.dir, 'tree'), join(scope.dir, 'layer.tar')];
  await mkdir(join(tree, 'app'), { recursive: true });
  for (const file of ['main.js', 'package.json']) await cp(join(npmPackage, file), join(tree, 'app', file));
  await command('tar', ['-C', tree, '-cf', layer, 'app']);
  const source = `${address}/build`;
  const tags = ['amd64', 'arm64'].map((machine) => [machine, `${source}:${machine}`] as const);
  for (const [machine, tag] of tags) {
    await command(crane, ['append', '--oci-empty-base', '-f', layer, '-t', tag]);
    await command(crane, [
      'mutate',
      '--set-platform',
      `linux/${machine}`,
      '--user',
      '65532:65532',
      '-t',
      tag,
      tag,
    ]);
  }
  const all = tags.flatMap(([, tag]) => ['-m', tag]);
  await command(crane, ['index', 'append', ...all, '-t', `${source}:all`]);
  const layout = join(scope.dir, 'image');
  await command(crane, ['pull', '--format=oci', `${source}:all`, layout]);
  return layout;
}
