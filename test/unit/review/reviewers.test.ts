import { describe, expect, it } from 'vitest';
import type { AdmissionRequest } from '../../../src/admission/review.ts';
import type { Pod } from '../../../src/injection/pod/pod.ts';
import { makeReviewers } from '../../../src/review/reviewers.ts';
import {
  baseConfigMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  type Raw,
  virtualServer,
} from '../injection/support/cluster.ts';
import { context, depsOf } from '../injection/support/fixtures.ts';
import { applyPatch } from '../injection/support/jsonPatch.ts';

function inNamespace(raw: Raw, namespace: string): Raw {
  return { ...raw, metadata: { ...(raw.metadata as object), namespace } };
}

/** A group with its vMCP, with the same names in every namespace; the URL of the entry names the namespace. */
function cluster(namespace: string): Raw[] {
  const remoteUrl = `https://${namespace}.example/secret-of-${namespace}`;
  return [GROUP, virtualServer(), baseConfigMap(), entry('one', { remoteUrl })].map((raw) =>
    inNamespace(raw, namespace),
  );
}

function request(more: Partial<AdmissionRequest>): AdmissionRequest {
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  return { uid: 'u', kind, operation: 'CREATE', object: undefined, oldObject: undefined, ...more };
}

describe('/mutate', () => {
  it('answers with the content of the namespace of the request only, in whatever order it is asked', async () => {
    const { mutate } = makeReviewers(depsOf(documents([...cluster('apps'), ...cluster('other')])));
    for (const namespace of ['apps', 'other', 'apps', 'empty', 'other']) {
      const object = inNamespace(operatorMadePod(), namespace);
      const outcome = await mutate(request({ namespace, object }), context());
      const pod = outcome.kind === 'patched' ? applyPatch(object, outcome.patch) : object;
      const config = (pod as Pod).metadata?.annotations?.['vmcp-admission.dev/config.yaml'] ?? '';
      const seen = new Set([...config.matchAll(/secret-of-(\w+)/g)].map((match) => match[1]));
      expect(seen, namespace).toEqual(new Set(namespace === 'empty' ? [] : [namespace]));
      const everything = JSON.stringify([outcome, pod]);
      for (const other of ['apps', 'other'].filter((one) => one !== namespace))
        expect(everything).not.toContain(`secret-of-${other}`);
    }
  });
});

describe('/validate', () => {
  const { validate } = makeReviewers(depsOf(documents(cluster('apps'))));

  it('has objects of ToolHive judged by the rules', async () => {
    const object = inNamespace(entry('bad', { remoteUrl: 'http://localhost/' }), 'apps');
    const kind = { group: 'toolhive.stacklok.dev', version: 'v1beta1', kind: 'MCPServerEntry' };
    expect((await validate(request({ kind, namespace: 'apps', object }), context())).kind).toBe('denied');
  });

  it('has updates of Pods judged by the guard', async () => {
    const annotated = (value: string) =>
      operatorMadePod({ annotations: { 'vmcp-admission.dev/config.yaml': value } });
    const update = { operation: 'UPDATE' as const, namespace: 'apps', oldObject: annotated('a') };
    expect(await validate(request({ ...update, object: annotated('b') }), context())).toMatchObject({
      kind: 'denied',
      reasons: ['pin-changed'],
    });
    expect((await validate(request({ ...update, object: annotated('a') }), context())).kind).toBe('allowed');
  });
});
