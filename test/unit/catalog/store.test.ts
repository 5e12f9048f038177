import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INJECTION_KINDS } from '../../../src/catalog/catalog.ts';
import { readCatalogObject } from '../../../src/catalog/catalogObject.ts';
import { ToolhiveStore } from '../../../src/catalog/store.ts';
import { TOOLHIVE_KINDS, type ToolhiveKind } from '../../../src/toolhive/kinds.ts';
import type { ToolhiveObject } from '../../../src/toolhive/object.ts';

function make(
  kind: ToolhiveKind,
  namespace: string,
  name: string,
  group: string,
  auth: string,
): ToolhiveObject {
  const read = readCatalogObject(kind, {
    metadata: { name, namespace },
    spec: {
      ...(group && { groupRef: { name: group } }),
      ...(auth && { externalAuthConfigRef: { name: auth }, telemetryConfigRef: { name: auth } }),
      ...(auth && {
        outgoingAuth: { default: { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: auth } } },
      }),
    },
  });
  if (!read.ok) throw new Error(read.problems[0]?.message);
  return read.value;
}

const kind = fc.constantFrom(...TOOLHIVE_KINDS);
const namespace = fc.constantFrom('x', 'y');
const NAMES = ['a', 'b', 'b-1', 'b.1', 'c', 'é'];
const name = fc.constantFrom(...NAMES);
const operation = fc.oneof(
  fc.record({
    op: fc.constant('put' as const),
    kind,
    namespace,
    name,
    group: fc.constantFrom('', 'g', 'h'),
    auth: fc.constantFrom('', 'p', 'q'),
  }),
  fc.record({ op: fc.constant('delete' as const), kind, namespace, name }),
);

const byName = (a: ToolhiveObject, b: ToolhiveObject) => (a.metadata.name < b.metadata.name ? -1 : 1);

describe('the store', () => {
  it('answers like a plain list that is searched anew, after any puts and deletes', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const store = new ToolhiveStore();
        const naive = new Map<string, ToolhiveObject>();
        for (const step of operations) {
          const key = `${step.kind} ${step.namespace} ${step.name}`;
          if (step.op === 'delete') {
            store.delete(step.kind, step.namespace, step.name);
            naive.delete(key);
          } else {
            const object = make(step.kind, step.namespace, step.name, step.group, step.auth);
            store.put(object);
            naive.set(key, object);
          }
          // Sorted lists are kept between changes; asking in between finds one that was not thrown away.
          store.namespace(step.namespace).members('g');
        }
        for (const space of ['x', 'y', 'z']) {
          const view = store.namespace(space);
          const all = [...naive.values()].filter((object) => object.metadata.namespace === space);
          const of = (wanted: ToolhiveKind, group: string) =>
            all
              .filter((object) => object.kind === wanted && 'group' in object && object.group === group)
              .sort(byName);
          for (const group of ['g', 'h', 'none']) {
            expect(view.members(group)).toEqual([
              ...of('MCPServer', group),
              ...of('MCPRemoteProxy', group),
              ...of('MCPServerEntry', group),
            ]);
            expect(view.virtualServersOf(group)).toEqual(of('VirtualMCPServer', group));
          }
          const gets: Partial<Record<ToolhiveKind, (name: string) => ToolhiveObject | undefined>> = {
            MCPServerEntry: (n) => view.entry(n),
            MCPGroup: (n) => view.group(n),
            VirtualMCPServer: (n) => view.virtualServer(n),
            MCPServer: (n) => view.server(n),
            MCPRemoteProxy: (n) => view.remoteProxy(n),
            MCPExternalAuthConfig: (n) => view.authConfig(n),
          };
          for (const each of TOOLHIVE_KINDS)
            for (const one of NAMES) {
              const stored = naive.get(`${each} ${space} ${one}`);
              expect(view.get(each, one)).toEqual(stored);
              expect(gets[each]?.(one)).toEqual(gets[each] && stored);
            }
          const configs = (...names: string[]) =>
            names.flatMap((one) => naive.get(`MCPExternalAuthConfig ${space} ${one}`) ?? []);
          expect(view.authConfigsLike('b.1')).toEqual(configs('b-1', 'b.1'));
          expect(view.authConfigsLike('b')).toEqual(configs('b'));
          for (const auth of ['p', 'q'])
            expect(view.referrersOf('MCPTelemetryConfig', auth)).toEqual(
              all
                .filter((object) => 'references' in object && object.references[0]?.name === auth)
                .sort((a, b) => (`${a.kind} ${a.metadata.name}` < `${b.kind} ${b.metadata.name}` ? -1 : 1)),
            );
          for (const auth of ['p', 'q'])
            expect(view.usersOf(auth)).toEqual(
              all
                .filter(
                  (object) =>
                    ('authConfig' in object && object.authConfig === auth) ||
                    (object.kind === 'VirtualMCPServer' && object.defaultAuth?.authConfig === auth),
                )
                .sort((a, b) => (`${a.kind} ${a.metadata.name}` < `${b.kind} ${b.metadata.name}` ? -1 : 1)),
            );
        }
      }),
    );
  });

  describe.each(TOOLHIVE_KINDS)('a change of a %s', (changed) => {
    const revisionAfter = (change: (store: ToolhiveStore) => void) => {
      const store = new ToolhiveStore();
      store.put(make('MCPServerEntry', 'x', 'a', 'g', ''));
      store.put(make(changed, 'x', 'b', 'g', ''));
      const before = store.namespace('x').revision;
      change(store);
      return store.namespace('x').revision === before ? 'the same' : 'another';
    };
    const expected = INJECTION_KINDS.includes(changed as never) ? 'another' : 'the same';

    it('makes another revision when injection reads the kind', () => {
      expect(revisionAfter((store) => store.put(make(changed, 'x', 'c', 'g', 'p')))).toBe(expected);
      expect(revisionAfter((store) => store.delete(changed, 'x', 'b'))).toBe(expected);
    });

    it('makes no other revision when the model is the same, as after a write of the status', () => {
      expect(revisionAfter((store) => store.put(make(changed, 'x', 'b', 'g', '')))).toBe('the same');
      expect(revisionAfter((store) => store.delete(changed, 'x', 'none'))).toBe('the same');
    });
  });

  it('keeps a list that it handed out as it was', () => {
    const store = new ToolhiveStore();
    store.put(make('MCPServerEntry', 'x', 'a', 'g', ''));
    const before = store.namespace('x').members('g');
    store.put(make('MCPServerEntry', 'x', 'b', 'g', ''));
    expect(before).toHaveLength(1);
    expect(store.namespace('x').members('g')).toHaveLength(2);
  });

  it('gives the same members as the same object, until one of them changes', () => {
    const store = new ToolhiveStore();
    store.put(make('MCPServerEntry', 'x', 'a', 'g', ''));
    const view = store.namespace('x');
    const before = view.members('g');
    store.put(make('MCPServer', 'x', 's', 'h', ''));
    expect(view.members('g')).toBe(before);
    expect(view.members('none')).toBe(view.members('other'));
    expect(view.members('h')).toBe(view.members('h'));
    store.put(make('MCPServer', 'x', 't', 'g', ''));
    expect(view.members('g')).not.toBe(before);
    expect(view.members('g').map(({ kind }) => kind)).toEqual(['MCPServer', 'MCPServerEntry']);
  });
});
