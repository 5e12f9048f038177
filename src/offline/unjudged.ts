import type { ManifestDocument, ManifestProblem } from '../catalog/manifests/manifest.ts';
import { Positions } from '../catalog/manifests/positions.ts';
import { checkKind } from '../rules/form/unknownKind.ts';
import { unknownVersion } from '../toolhive/lookalike.ts';

function problemAt(document: ManifestDocument, field: string, message: string): ManifestProblem {
  return { file: document.file, ...new Positions().of(document, field), message };
}

/** Objects of ToolHive in a version that nothing here judges, which must not look as if they had passed. */
export function unknownVersions(documents: readonly ManifestDocument[]): readonly ManifestProblem[] {
  return documents.flatMap((document) => {
    const message = unknownVersion(document.object);
    return message === undefined ? [] : [problemAt(document, 'apiVersion', message)];
  });
}

/** Objects whose kind is misspelt, which injection would pass over. `check` judges them by a rule. */
export function misspeltKinds(documents: readonly ManifestDocument[]): readonly ManifestProblem[] {
  return documents.flatMap((document) =>
    checkKind(document.object).map(({ field, detail }) => problemAt(document, field, detail)),
  );
}
