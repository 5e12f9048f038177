import type { ByteSource } from '../catalog/manifests/files.ts';
import type { ManifestProblem, Manifests } from '../catalog/manifests/manifest.ts';
import { readManifests } from '../catalog/manifests/readManifests.ts';
import { lookalikeProblem } from '../toolhive/lookalike.ts';

/** The manifests of the inputs. What is meant for us and would be judged by nothing is a problem, as broken YAML is. */
export async function readInput(inputs: readonly string[], stdin?: ByteSource): Promise<Manifests> {
  const { documents, problems } = await readManifests(inputs, stdin);
  const lookalikes = documents.flatMap(({ file, document, line, object }): readonly ManifestProblem[] => {
    const message = lookalikeProblem(object);
    return message === undefined
      ? []
      : [{ file, line, column: undefined, message: `document ${document}: ${message}` }];
  });
  return { documents, problems: [...problems, ...lookalikes] };
}
