import { describe, expect, it } from 'vitest';
import { configPath } from '../../../../src/injection/config/configArgument.ts';
import { findConfigSource } from '../../../../src/injection/config/locate.ts';
import type { Container, Pod, Volume, VolumeMount } from '../../../../src/injection/pod/pod.ts';

function container(words: readonly string[], more: Partial<Container> = {}): Container {
  return { name: 'vmcp', args: [...words], ...more };
}

describe('the path behind --config', () => {
  it.each([
    [['serve', '--config=/a/b.yaml'], '/a/b.yaml'],
    [['serve', '--config', '/a/b.yaml'], '/a/b.yaml'],
    [['serve', '-c', '/a/b.yaml'], '/a/b.yaml'],
    [['serve', '-c=/a/b.yaml'], '/a/b.yaml'],
    [['--config=/old', '--config=/a/b.yaml'], '/a/b.yaml'],
    [['--config=/a/./x/../b.yaml'], '/a/b.yaml'],
    [['--', '--config=/a/b.yaml'], undefined],
    [['serve', '--config'], undefined],
    [['serve', '--configuration=/a'], undefined],
    [['--config=relative.yaml'], undefined],
    [['--config=$(UNKNOWN)/b.yaml'], undefined],
  ])('of %j is %s', (words, path) => {
    expect(configPath(container(words))).toBe(path);
  });

  it('is found in the command, and relative to a working directory that the Pod names', () => {
    expect(configPath({ name: 'vmcp', command: ['vmcp', '--config=x.yaml'], workingDir: '/etc/vmcp' })).toBe(
      '/etc/vmcp/x.yaml',
    );
  });

  it('has its variables expanded as the kubelet does, a later one of the same name winning', () => {
    const env = [
      { name: 'A', value: '/old' },
      { name: 'A', value: '/etc' },
      { name: 'B', value: '$(A)/vmcp' },
      { name: 'C', value: '$$(A)' },
    ];
    expect(configPath(container(['--config=$(B)/c.yaml'], { env }))).toBe('/etc/vmcp/c.yaml');
    expect(configPath(container(['--config=/$(C)/c.yaml'], { env }))).toBe('/$(A)/c.yaml');
  });

  it('is unknown when it depends on a value that is not in the Pod', () => {
    const env = [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }];
    expect(configPath(container(['--config=$(A)'], { env }))).toBeUndefined();
  });
});

const whole: Volume = { name: 'v', configMap: { name: 'base' } };

function pod(
  volume: Volume,
  mount: Partial<VolumeMount>,
  path = '/etc/vmcp/config.yaml',
  names = ['vmcp'],
): Pod {
  return {
    spec: {
      containers: names.map((name) => ({
        name,
        args: [`--config=${path}`],
        volumeMounts: [{ name: 'v', mountPath: '/etc/vmcp', ...mount }],
      })),
      volumes: [volume],
    },
  };
}

describe('the ConfigMap behind the config', () => {
  it.each<[string, Volume, Partial<VolumeMount>, string, string, string]>([
    ['a whole volume', whole, {}, '/etc/vmcp/config.yaml', 'config.yaml', 'config.yaml'],
    [
      'items',
      { name: 'v', configMap: { name: 'base', items: [{ key: 'k', path: 'sub/c.yaml' }] } },
      {},
      '/etc/vmcp/sub/c.yaml',
      'k',
      'sub/c.yaml',
    ],
    [
      'a subPath',
      whole,
      { mountPath: '/x/c.yaml', subPath: 'config.yaml' },
      '/x/c.yaml',
      'config.yaml',
      'config.yaml',
    ],
    [
      'a projected volume',
      {
        name: 'v',
        projected: {
          sources: [
            { secret: {} },
            { configMap: { name: 'base', items: [{ key: 'k', path: 'config.yaml' }] } },
          ],
        },
      },
      {},
      '/etc/vmcp/config.yaml',
      'k',
      'config.yaml',
    ],
  ])('is found through %s', (_, volume, mount, path, key, file) => {
    const search = findConfigSource(pod(volume, mount, path));
    expect(search).toMatchObject({ ok: true, source: { base: { name: 'base', key }, file } });
  });

  it('is the one of the deepest mount above the file', () => {
    const made = pod(whole, {});
    const [vmcp] = made.spec.containers;
    const mounts = [
      { name: 'root', mountPath: '/' },
      ...(vmcp?.volumeMounts ?? []),
      { name: 'etc', mountPath: '/etc' },
    ];
    const search = findConfigSource({
      spec: { ...made.spec, containers: [{ ...vmcp!, volumeMounts: mounts }] },
    });
    expect(search).toMatchObject({ ok: true, source: { mount: 1 } });
  });

  it('is the one of the container named vmcp, whatever its siblings have', () => {
    const search = findConfigSource(pod(whole, {}, undefined, ['a', 'vmcp', 'b']));
    expect(search).toMatchObject({ ok: true, source: { container: 1 } });
  });

  it('is the one of the only container with such an argument, when none is named vmcp', () => {
    const made = pod(whole, {}, undefined, ['gateway']);
    const shell = { name: 'shell', command: ['sh', '-c', 'sleep 1'] };
    const search = findConfigSource({ spec: { ...made.spec, containers: [shell, ...made.spec.containers] } });
    expect(search).toMatchObject({ ok: true, source: { container: 1 } });
  });

  it.each([
    ['two containers could be the vMCP', pod(whole, {}, undefined, ['a', 'b']), 'config-container-unknown'],
    ['no container could be', pod(whole, {}, '/elsewhere', ['a']), 'config-container-unknown'],
    ['the file is on no mount', pod(whole, { mountPath: '/other' }), 'config-not-mounted'],
    ['the volume is no ConfigMap', pod({ name: 'v', emptyDir: {} }, {}), 'config-not-mounted'],
    [
      'the items lack the file',
      pod({ name: 'v', configMap: { name: 'b', items: [{ key: 'k', path: 'p' }] } }, {}),
      'config-not-mounted',
    ],
    ['the mount is a prefix of the name only', pod(whole, { mountPath: '/etc/vm' }), 'config-not-mounted'],
  ])('is unknown when %s', (_, made, reason) => {
    expect(findConfigSource(made)).toMatchObject({ ok: false, reason });
  });
});
