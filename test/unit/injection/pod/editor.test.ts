import { describe, expect, it } from 'vitest';
import { optionalVariable, PodEditor } from '../../../../src/injection/pod/editor.ts';
import type { EnvVar, Pod } from '../../../../src/injection/pod/pod.ts';

const POD = {
  metadata: { name: 'p', annotations: { a: 'b' } },
  spec: {
    futureField: { kept: true },
    initContainers: [{ name: 'init', volumeMounts: [{ name: 'one', mountPath: '/init' }] }],
    containers: [
      { name: 'sidecar', image: 's', volumeDevices: [{ name: 'disk', devicePath: '/dev/x' }] },
      {
        name: 'vmcp',
        env: [
          { name: 'A', value: '1' },
          { name: 'S', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
          { name: 'A', value: '2' },
        ],
        volumeMounts: [
          { name: 'one', mountPath: '/x//one/' },
          { name: 'two', mountPath: '/x/../two' },
        ],
        volumeDevices: [{ name: 'disk', devicePath: '/dev/y' }],
      },
    ],
    volumes: [
      { name: 'one', configMap: { name: 'one' } },
      { name: 'two', emptyDir: {} },
    ],
  },
} as const as unknown as Pod;

function edit(change: (editor: PodEditor) => void): Pod {
  const editor = new PodEditor(POD, POD.spec.containers[1]!);
  change(editor);
  return editor.pod;
}

const without = (removed: string) => (item: EnvVar) => (item.name === removed ? undefined : item);

const env = (change: (editor: PodEditor) => void) => edit(change).spec.containers[1]?.env;

describe('an editor', () => {
  it.each<[string, (editor: PodEditor) => void]>([
    ['nothing is edited', () => undefined],
    ['a volume is put in as it is', (editor) => editor.volumes.put({ name: 'two', emptyDir: {} })],
    ['a mount is put in as it is', (editor) => editor.mounts.put({ name: 'two', mountPath: '/x/../two' })],
    [
      'variables have what is wanted',
      (editor) =>
        editor.setVariables(
          new Map([
            [
              'A',
              [
                { name: 'A', value: '1' },
                { name: 'A', value: '2' },
              ],
            ],
          ]),
        ),
    ],
    ['the variable to be removed is not there', (editor) => editor.mapVariables(without('B'))],
    [
      'there is no Secret to be optional',
      (editor) => editor.mapVariables((item) => (item.name === 'A' ? optionalVariable(item) : item)),
    ],
    ['an annotation has its value', (editor) => editor.annotate({ a: 'b' })],
  ])('gives the very same Pod when %s', (_, change) => {
    expect(edit(change)).toBe(POD);
  });

  it('keeps the objects of all other parts, whatever they are', () => {
    const pod = edit((editor) => editor.volumes.put({ name: 'three', emptyDir: {} }));
    expect(pod.spec).toEqual({
      ...POD.spec,
      volumes: [...POD.spec.volumes!, { name: 'three', emptyDir: {} }],
    });
    expect(pod.metadata).toBe(POD.metadata);
    expect(pod.spec.containers[1]).toBe(POD.spec.containers[1]);
    expect(pod.spec.volumes?.[0]).toBe(POD.spec.volumes?.[0]);
  });

  it('replaces a volume and a mount in their place', () => {
    const pod = edit((editor) => {
      editor.volumes.put({ name: 'one', emptyDir: {} });
      editor.mounts.put({ name: 'new', mountPath: '/x/one' });
    });
    expect(pod.spec.volumes?.[0]).toEqual({ name: 'one', emptyDir: {} });
    expect(pod.spec.containers[1]?.volumeMounts?.[0]).toEqual({ name: 'new', mountPath: '/x/one' });
  });

  it('finds mounts by their directory, however it is written', () => {
    const editor = new PodEditor(POD, POD.spec.containers[1]!);
    expect(editor.mounts.get('/x/one')?.name).toBe('one');
    expect(editor.mounts.get('/two')?.name).toBe('two');
    expect(editor.mounts.get('/x')).toBeUndefined();
  });

  it('knows who uses a volume: directories of the container, undefined for all else', () => {
    const editor = new PodEditor(POD, POD.spec.containers[1]!);
    expect(editor.usesOf('one')).toEqual([undefined, '/x/one']);
    expect(editor.usesOf('two')).toEqual(['/two']);
    expect(editor.usesOf('disk')).toEqual([undefined, undefined]);
    expect(editor.usesOf('three')).toEqual([]);
  });

  it('sets variables in the place of the first of their name, or at the end', () => {
    const wanted = new Map([
      ['A', [{ name: 'A', value: '3' }]],
      ['B', [{ name: 'B', value: '4' }]],
    ]);
    expect(env((editor) => editor.setVariables(wanted))).toEqual([
      { name: 'A', value: '3' },
      POD.spec.containers[1]?.env?.[1],
      { name: 'B', value: '4' },
    ]);
  });

  it('makes variables optional and removes them', () => {
    const secret = { name: 'S', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } };
    expect(
      env((editor) => {
        editor.mapVariables(optionalVariable);
        editor.mapVariables(without('A'));
      }),
    ).toEqual([secret]);
  });

  it('adds annotations to those that are there', () => {
    expect(edit((editor) => editor.annotate({ c: 'd' })).metadata?.annotations).toEqual({ a: 'b', c: 'd' });
  });
});
