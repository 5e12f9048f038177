import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
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
    [['serve', '-c/a/b.yaml'], '/a/b.yaml'],
    [['-c/a/b.yaml', 'serve', '--debug'], '/a/b.yaml'],
    [['serve', '-dc/a/b.yaml'], '/a/b.yaml'],
    [['serve', '-dc=/a/b.yaml'], '/a/b.yaml'],
    [['serve', '-dc', '/a/b.yaml'], '/a/b.yaml'],
    [['-c/old', '--config', '/a/b.yaml'], '/a/b.yaml'],
    [['--config=/old', '-c/a/b.yaml'], '/a/b.yaml'],
    [['--config', '/a/b.yaml', '--debug', '-d'], '/a/b.yaml'],
    [['--config', '-c/old'], undefined],
    [['-c', '--', '-c/a/b.yaml'], '/a/b.yaml'],
    [['--config=/a/b.yaml', '--host', '--config=/host'], '/a/b.yaml'],
    [['--config=/a/b.yaml', '--session-ttl', '--config=/ttl'], '/a/b.yaml'],
    [['--config=/a/b.yaml', '--debug', '--config=/c'], '/c'],
    [['-c='], undefined],
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

const BASE = '{configMap: {name: base}}';
const ITEMS = '{configMap: {name: base, items: [{key: k, path: config.yaml}]}}';

function projected(sources: string): Volume {
  return { name: 'v', projected: { sources: parse(sources) } };
}

describe('a config that more than one ConfigMap may give', () => {
  it.each([
    [
      'a Secret that lists it',
      BASE,
      '{secret: {name: s, items: [{key: k, path: config.yaml}]}}',
      'Secret "s"',
    ],
    ['a Secret that lists nothing', BASE, '{secret: {name: s}}', 'Secret "s"'],
    ['a Secret that lists nothing, beside items', ITEMS, '{secret: {name: s}}', 'Secret "s"'],
    [
      'a field of the Pod',
      BASE,
      '{downwardAPI: {items: [{path: config.yaml, fieldRef: {fieldPath: metadata.labels}}]}}',
      'the downward API',
    ],
    [
      'a field of the Pod, spelled otherwise',
      BASE,
      '{downwardAPI: {items: [{path: ./config.yaml, fieldRef: {fieldPath: metadata.name}}]}}',
      'the downward API',
    ],
    [
      'an annotation in a volume of another name',
      BASE,
      `{downwardAPI: {items: [{path: config.yaml, fieldRef: {fieldPath: "metadata.annotations['vmcp-admission.dev/config.yaml']"}}]}}`,
      'the downward API',
    ],
    [
      'a second ConfigMap that lists it',
      BASE,
      '{configMap: {name: other, items: [{key: k, path: config.yaml}]}}',
      'ConfigMap "other"',
    ],
    ['a second ConfigMap that lists nothing', ITEMS, '{configMap: {name: other}}', 'ConfigMap "other"'],
    ['the same ConfigMap twice', BASE, BASE, 'ConfigMap "base"'],
    ['a token', BASE, '{serviceAccountToken: {path: config.yaml}}', 'a token of the service account'],
    ['a trust bundle', BASE, '{clusterTrustBundle: {path: config.yaml}}', 'a ClusterTrustBundle'],
    [
      'a Pod certificate',
      BASE,
      '{podCertificate: {keyPath: key, certificateChainPath: config.yaml}}',
      'a Pod certificate',
    ],
  ])('is not looked for beside %s, in either order', (_, base, other, name) => {
    for (const sources of [`[${base}, ${other}]`, `[${other}, ${base}]`]) {
      const search = findConfigSource(pod(projected(sources), {}));
      expect(search).toMatchObject({ reason: 'config-not-mounted' });
      if ('reason' in search) expect(search.message).toContain(name);
      if ('reason' in search)
        expect(search.message).toContain(
          'exactly one source may, a ConfigMap: list the files of the others in items',
        );
    }
  });

  it('is not looked for when two items of one volume are this file', () => {
    const items = parse('[{key: config.yaml, path: config.yaml}, {key: other, path: ./config.yaml}]');
    const search = findConfigSource(pod({ name: 'v', configMap: { name: 'base', items } }, {}));
    expect(search).toMatchObject({ reason: 'config-not-mounted' });
  });

  it.each<[string, Volume]>([
    ['a Secret volume', { name: 'v', secret: { secretName: 's' } }],
    ['a Secret in a projected volume', projected('[{secret: {name: s}}]')],
  ])('is not looked for in %s, whatever the container is called', (_, volume) => {
    for (const name of ['vmcp', 'gateway'])
      expect(findConfigSource(pod(volume, {}, undefined, [name]))).toMatchObject({
        reason: 'config-not-mounted',
        message: expect.stringContaining(
          `container "${name}" reads /etc/vmcp/config.yaml from volume "v", which has it from Secret "s"`,
        ),
      });
  });
});

describe("the auth server's config", () => {
  const FILE = '/etc/vmcp/authserver-config.yaml';
  const items = (path: string) => ({
    items: [
      { key: 'k', path: 'config.yaml' },
      { key: 'as', path },
    ],
  });

  function authServer(volumes: readonly Volume[], mounts: readonly VolumeMount[]) {
    return findConfigSource({
      spec: {
        containers: [{ name: 'vmcp', args: ['-c/etc/vmcp/config.yaml'], volumeMounts: [...mounts] }],
        volumes: [...volumes],
      },
    });
  }
  const dir = { name: 'v', mountPath: '/etc/vmcp' };
  const file = { name: 'v', mountPath: '/etc/vmcp/config.yaml', subPath: 'config.yaml' };
  const beside = { name: 'as', mountPath: FILE, subPath: 'x' };

  it.each<[string, Volume[], VolumeMount[], unknown]>([
    ['in the whole ConfigMap', [whole], [dir], { name: 'base', key: 'authserver-config.yaml' }],
    [
      'an item',
      [{ name: 'v', configMap: { name: 'base', ...items('./authserver-config.yaml') } }],
      [dir],
      { name: 'base', key: 'as' },
    ],
    ['no item', [{ name: 'v', configMap: { name: 'base', ...items('other') } }], [dir], undefined],
    ['not mounted', [whole], [file], undefined],
    ['a file of the same volume', [whole], [file, { ...beside, name: 'v' }], { name: 'base', key: 'x' }],
    [
      'another ConfigMap',
      [whole, { name: 'as', configMap: { name: 'other' } }],
      [dir, beside],
      { name: 'other', key: 'x' },
    ],
    [
      'hidden by an empty folder',
      [whole, { name: 'e', emptyDir: {} }],
      [file, { name: 'e', mountPath: '/etc/vmcp' }],
      undefined,
    ],
  ])('is known when it is %s', (_, volumes, mounts, key) => {
    const search = authServer(volumes, mounts);
    expect('file' in search && search.base).toMatchObject({ name: 'base' });
    expect('file' in search && search.authServer).toEqual(key);
  });

  it.each<[string, Volume[], VolumeMount[]]>([
    ['a Secret', [whole, { name: 'as', secret: { secretName: 's' } }], [dir, beside]],
    ['a volume of an unknown kind', [whole, { name: 'as', csi: {} }], [dir, beside]],
    [
      'a Secret of the same volume',
      [
        projected(
          '[{configMap: {name: base, items: [{key: k, path: config.yaml}]}}, {secret: {name: s, items: [{key: k, path: authserver-config.yaml}]}}]',
        ),
      ],
      [dir],
    ],
    [
      'one of two',
      [
        projected(
          '[{configMap: {name: base}}, {secret: {name: s, items: [{key: k, path: authserver-config.yaml}]}}]',
        ),
      ],
      [dir],
    ],
  ])('is not looked for in %s', (_, volumes, mounts) => {
    expect(authServer(volumes, mounts)).toMatchObject({
      reason: 'config-not-mounted',
      message: expect.stringContaining(`reads ${FILE} from volume`),
    });
  });
});

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
      'items whose path is spelled otherwise',
      { name: 'v', configMap: { name: 'base', items: [{ key: 'k', path: './/config.yaml/' }] } },
      {},
      '/etc/vmcp/config.yaml',
      'k',
      'config.yaml',
    ],
    [
      'a projected volume',
      {
        name: 'v',
        projected: {
          sources: [
            { secret: { name: 's', items: [{ key: 'k', path: 'tls.key' }] } },
            { serviceAccountToken: { path: 'token' } },
            { configMap: { name: 'other', items: [{ key: 'k', path: 'ca.crt' }] } },
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
    expect(search).toMatchObject({ base: { name: 'base', key }, file });
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
    expect(search).toMatchObject({ mount: { name: 'v' } });
  });

  it('is the one of the container named vmcp, whatever its siblings have', () => {
    const search = findConfigSource(pod(whole, {}, undefined, ['a', 'vmcp', 'b']));
    expect(search).toMatchObject({ container: { name: 'vmcp' } });
  });

  it('is the one of the only container with such an argument, when none is named vmcp', () => {
    const made = pod(whole, {}, undefined, ['gateway']);
    const shell = { name: 'shell', command: ['sh', '-c', 'sleep 1'] };
    const search = findConfigSource({ spec: { ...made.spec, containers: [shell, ...made.spec.containers] } });
    expect(search).toMatchObject({ container: { name: 'gateway' } });
  });

  it.each([
    ['two containers could be the vMCP', pod(whole, {}, undefined, ['a', 'b']), 'config-container-unknown'],
    ['no container could be', pod(whole, {}, '/elsewhere', ['a']), 'config-container-unknown'],
    ['the file is on no mount', pod(whole, { mountPath: '/other' }), 'config-not-mounted'],
    ['the volume is no ConfigMap', pod({ name: 'v', emptyDir: {} }, {}), 'config-not-mounted'],
    [
      'the subPath depends on what is not in the Pod',
      pod(whole, { mountPath: '/etc/vmcp/config.yaml', subPathExpr: '$(POD_NAME).yaml' }),
      'config-not-mounted',
    ],
    [
      'the items lack the file',
      pod({ name: 'v', configMap: { name: 'b', items: [{ key: 'k', path: 'p' }] } }, {}),
      'config-not-mounted',
    ],
    ['the mount is a prefix of the name only', pod(whole, { mountPath: '/etc/vm' }), 'config-not-mounted'],
  ])('is unknown when %s', (_, made, reason) => {
    expect(findConfigSource(made)).toMatchObject({ reason });
  });
});
