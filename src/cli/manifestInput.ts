import type { ByteSource } from '../catalog/manifests/files.ts';
import type { ManifestDocument, ManifestProblem, Manifests } from '../catalog/manifests/manifest.ts';
import { readManifests } from '../catalog/manifests/readManifests.ts';
import { checkKind } from '../rules/unknownKind.ts';
import { unknownVersion } from '../toolhive/lookalike.ts';

function problemAt({ file, document, line }: ManifestDocument, message: string): ManifestProblem {
  return { file, line, column: undefined, message: `document ${document}: ${message}` };
}

/** An object of ToolHive in a version that nothing here judges, which must not look as if it had passed. */
function versionProblem(document: ManifestDocument): readonly ManifestProblem[] {
  const message = unknownVersion(document.object);
  return message === undefined ? [] : [problemAt(document, message)];
}

/** The manifests of the inputs, for `check`, which judges misspelt kinds by a rule. */
export async function readToCheck(inputs: readonly string[], stdin?: ByteSource): Promise<Manifests> {
  const { documents, problems } = await readManifests(inputs, stdin);
  return { documents, problems: [...problems, ...documents.flatMap(versionProblem)] };
}

/** The manifests of the inputs. A misspelt kind is a problem, since it would be passed over. */
export async function readInput(inputs: readonly string[], stdin?: ByteSource): Promise<Manifests> {
  const { documents, problems } = await readToCheck(inputs, stdin);
  const misspelt = documents.flatMap((document) =>
    checkKind(document.object).map(({ detail }) => problemAt(document, detail)),
  );
  return { documents, problems: [...problems, ...misspelt] };
}
