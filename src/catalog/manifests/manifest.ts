import type { KubernetesObject } from '../../kubernetes/object.ts';
import type { DocumentText } from './kubectlYaml/yamlText.ts';

export type { KubernetesObject };

/** The name of standard input, as in kubectl. */
export const STDIN = '-';

/** An object that is judged or injected: of a file, or stored in a live cluster. */
export type InputObject = ManifestDocument | StoredObject;

/** An object as the API server returned it. It stands in no file. */
export interface StoredObject {
  readonly file?: undefined;
  readonly object: KubernetesObject;
}

/** One object of a file. The objects of a `List` have the position of the list. */
export interface ManifestDocument {
  /** The path as given, or as found in a given folder; `-` for standard input. */
  readonly file: string;
  /** Position among the YAML documents of the file, from 1. */
  readonly document: number;
  /** Line of the file where the object starts, from 1. */
  readonly line: number;
  readonly object: KubernetesObject;
  /** Where the object was read from, to find the positions of its fields; absent for one that was not read from a text. */
  readonly origin?: ObjectOrigin;
}

/** The document that has an object, and the path to the object in it, which is empty unless the document is a list. */
export interface ObjectOrigin {
  readonly source: DocumentText;
  readonly path: string;
}

/** Why a file, or a part of it, could not be used. Line and column count from 1; undefined for a file as a whole. */
export interface ManifestProblem {
  readonly file: string;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly message: string;
}

export interface Manifests {
  readonly documents: readonly ManifestDocument[];
  readonly problems: readonly ManifestProblem[];
}

/** A file of the input that is not a manifest, and is not a mistake either: a chart, a kustomization, a workflow. */
export interface PassedOver {
  readonly file: string;
  /** What builds manifests from it, and from which folder; absent for other files. */
  readonly tool?: 'helm' | 'kustomize';
  readonly folder?: string;
}

/** All that was found in the inputs of a command. */
export interface ManifestInput extends Manifests {
  readonly passedOver: readonly PassedOver[];
}
