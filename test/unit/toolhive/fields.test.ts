import { describe, expect, it } from 'vitest';
import { type Crd, readCrds } from '../../../scripts/crds/crd.ts';
import { renderKnownFields } from '../../../scripts/crds/knownFields.ts';
import { fieldsOfKind, pathTo, unknownFields } from '../../../src/toolhive/fields.ts';
import { STORED_KINDS, type StoredKind } from '../../../src/toolhive/kinds.ts';
import { KNOWN_FIELDS } from '../../../src/toolhive/knownFields.ts';

const CRDS = process.env.TOOLHIVE_CRDS;

function unknownIn(kind: StoredKind, object: unknown): string[] {
  return [...unknownFields(object, fieldsOfKind(kind))].map(({ path }) => path.join('.'));
}

describe('the fields that a kind does not have', () => {
  it.each<[kind: StoredKind, object: object, unknown: string[]]>([
    ['MCPGroup', { spec: { description: 'x' }, status: { anything: 1 } }, []],
    [
      'MCPGroup',
      { spek: {}, metadata: { name: 'a', lables: {}, labels: { 'a/b': 'c' } } },
      ['spek', 'metadata.lables'],
    ],
    ['MCPServerEntry', { spec: { caBundle: { configMapRef: { x: 1 } } } }, ['spec.caBundle']],
    ['MCPServerEntry', { spec: { headerForward: { addPlaintextHeaders: { 'X-Any': 'y' } } } }, []],
    [
      'MCPServerEntry',
      { spec: { headerForward: { addHeadersFromSecret: [{ headerName: 'a' }, { headername: 'b' }] } } },
      ['spec.headerForward.addHeadersFromSecret.1.headername'],
    ],
    ['MCPServer', { spec: { podTemplateSpec: { spec: { anything: 1 } } } }, []],
    // The top level of spec.config is open, what is known in it is not.
    [
      'VirtualMCPServer',
      { spec: { config: { any: 1, aggregation: { toolz: [] } } } },
      ['spec.config.aggregation.toolz'],
    ],
    ['MCPServerEntry', { spec: { groupRef: 'team', caBundleRef: null, transport: { a: 1 } } }, []],
    [
      'MCPServerEntry',
      { spec: JSON.parse('{"__proto__": 1, "constructor": 2}') },
      ['spec.__proto__', 'spec.constructor'],
    ],
  ])('%s %j', (kind, object, unknown) => {
    expect(unknownIn(kind, object)).toEqual(unknown);
  });

  it('come with the fields that are known at their place', () => {
    const [found] = unknownFields(
      { spec: { caBundleRef: { configmapRef: {} } } },
      fieldsOfKind('MCPServerEntry'),
    );
    expect(found?.known).toEqual(['configMapRef']);
  });
});

it('finds the place of a field by its name', () => {
  const fields = fieldsOfKind('MCPServerEntry');
  expect(pathTo('transport', fields)).toBe('spec.transport');
  expect(pathTo('addPlaintextHeaders', fields)).toBe('spec.headerForward.addPlaintextHeaders');
  expect(pathTo('nothing', fields)).toBeUndefined();
});

it('derives the notation from a CRD', () => {
  const spec = {
    properties: {
      url: {},
      list: { items: { properties: { b: {}, a: {} } } },
      map: { additionalProperties: { properties: { c: {} } } },
      open: { properties: { d: {} }, 'x-kubernetes-preserve-unknown-fields': true },
    },
  };
  const crd: Crd = { kind: 'K', plural: 'ks', versions: ['v1'], schema: { properties: { spec } } };
  expect(renderKnownFields([crd])).toContain('  K: `\nlist{a b}\nmap{*{c}}\nopen{d *}\nurl\n`,\n');
});

it.runIf(CRDS)('knows every kind and every field of the CRDs in TOOLHIVE_CRDS', () => {
  const crds = readCrds(CRDS ?? '');
  for (const { kind, schema } of crds) {
    expect(STORED_KINDS).toContain(kind);
    const sample = sampleOf({ properties: { spec: schema.properties?.spec ?? {} } });
    expect(unknownIn(kind as StoredKind, sample), kind).toEqual([]);
  }
  expect(Object.keys(KNOWN_FIELDS)).toEqual(expect.arrayContaining(crds.map(({ kind }) => kind)));
});

/** An object that has every field of a schema. */
function sampleOf(schema: Crd['schema']): unknown {
  if (schema.items) return [sampleOf(schema.items)];
  const { properties, additionalProperties } = schema;
  if (typeof additionalProperties === 'object') return { key: sampleOf(additionalProperties) };
  if (!properties) return 'value';
  return Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, sampleOf(child)]));
}
