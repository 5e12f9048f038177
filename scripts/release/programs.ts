import { join } from 'node:path';
import { builtGoProgram, findGoProgram, type GoProgram } from '../../test/support/goBuild.ts';

const moduleOf = (name: string) => join(import.meta.dirname, name);
const TOOLS = moduleOf('tools');

/** The Go programs that a release and its tests run, at the versions that the go.mod files pin. */
const PROGRAMS = {
  actionlint: {
    folder: TOOLS,
    main: 'github.com/rhysd/actionlint',
    name: 'actionlint',
    path: 'github.com/rhysd/actionlint/cmd/actionlint',
  },
  crane: {
    folder: TOOLS,
    main: 'github.com/google/go-containerregistry',
    name: 'crane',
    path: 'github.com/google/go-containerregistry/cmd/crane',
  },
  krew: {
    folder: moduleOf('krew'),
    main: 'sigs.k8s.io/krew',
    name: 'krew',
    path: 'sigs.k8s.io/krew/cmd/krew',
  },
  // The Helm 4 of the end-to-end tests.
  helm: {
    folder: join(import.meta.dirname, '..', '..', 'test', 'e2e', 'helm4'),
    main: 'helm.sh/helm/v4',
    name: 'helm',
    path: 'helm.sh/helm/v4/cmd/helm',
  },
  cosign: {
    folder: moduleOf('cosign'),
    main: 'github.com/sigstore/cosign/v3',
    name: 'cosign',
    path: 'github.com/sigstore/cosign/v3/cmd/cosign',
  },
} as const satisfies Readonly<Record<string, GoProgram>>;

export type ReleaseProgram = keyof typeof PROGRAMS;

/** Finds a program in the cache, or builds it there with Go. */
export function findProgram(
  name: ReleaseProgram,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly program: string } | { readonly missing: string }> {
  return findGoProgram(env, PROGRAMS[name]);
}

/** The path of a program that an earlier run has built; undefined when none has. */
export function builtProgram(name: ReleaseProgram, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return builtGoProgram(env, PROGRAMS[name]);
}
