import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { go } from '../goBuild.ts';

/** The modules of the Kubernetes repository that its go.mod takes from a folder beside it, `k8s.io/api` among them. */
function stagingModules(goMod: string): readonly string[] {
  return [...goMod.matchAll(/=> \.\/staging\/src\/(\S+)/g)].map(([, module = '']) => module);
}

/** Each minor version x.y.z of Kubernetes has these modules as 0.y.z. */
function moduleText(version: string, goMod: string): string {
  const published = version.replace(/^1\./, 'v0.');
  const language = /^go \S+$/m.exec(goMod)?.[0] ?? '';
  return [
    `module vmcp-admission.dev/e2e/kubernetes\n\n${language}\n\nrequire k8s.io/kubernetes v${version}\n\nreplace (`,
    ...stagingModules(goMod).map((module) => `\t${module} => ${module} ${published}`),
    ')\n',
  ].join('\n');
}

/**
 * Writes the go.mod of a module from which any version of Kubernetes can be built (with `-mod=mod`, since there is no go.sum).
 * Resolves to what went wrong, in one line.
 */
export async function writeKubernetesModule(folder: string, version: string): Promise<string | undefined> {
  await writeFile(join(folder, 'go.mod'), 'module vmcp-admission.dev/e2e/kubernetes\n');
  const run = await go(folder, ['mod', 'download', '-json', `k8s.io/kubernetes@v${version}`]);
  if (run.code !== 0)
    return `there is no Kubernetes ${version}: ${run.stdout}${run.tail}`.replace(/\s+/g, ' ');
  const { GoMod } = JSON.parse(run.stdout) as { readonly GoMod: string };
  await writeFile(join(folder, 'go.mod'), moduleText(version, await readFile(GoMod, 'utf8')));
  return undefined;
}
