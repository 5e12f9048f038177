import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toReview } from '../../../src/admission/response.ts';
import { oneLine } from '../../../src/text/line.ts';
import { TOOLHIVE_KINDS, type ToolhiveKind } from '../../../src/toolhive/kinds.ts';
import { CLUSTER, OBJECT } from './arbitraries.ts';
import { decided, review, TEAM, toRequest } from './support.ts';

const SUBRESOURCE = fc.constantFrom(undefined, 'status');
const OPERATION = fc.constantFrom('CREATE' as const, 'UPDATE' as const, 'DELETE' as const);
const RUNS = { numRuns: 200 };

/** The same value with the keys of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  const result = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of entries) result[key] = reversed(item);
  return result;
}

describe('every review', () => {
  it('is answered, whatever JSON the object is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), OPERATION, async (spec, status, operation) => {
        for (const kind of TOOLHIVE_KINDS) {
          const object = {
            apiVersion: 'toolhive.stacklok.dev/v1beta1',
            kind,
            metadata: status,
            spec,
            status,
          };
          const oldObject = operation === 'CREATE' ? undefined : { ...object, spec: status };
          for (const subject of [object, spec]) {
            const outcome = await review({ object: subject, oldObject, operation, kind, cluster: TEAM });
            expect(outcome.kind).not.toBe('patched');
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('speaks in single lines of bounded length, without control characters', async () => {
    await fc.assert(
      fc.asyncProperty(OBJECT, CLUSTER, async (object, cluster) => {
        const outcome = await review({ object, cluster });
        const { response } = toReview(toRequest({ object }), decided(outcome));
        const causes = response.status?.details?.causes ?? [];
        for (const { field, message } of causes) {
          expect(field.length).toBeLessThanOrEqual(512);
          expect(message.length).toBeLessThanOrEqual(2_048);
        }
        expect(response.warnings?.length ?? 0).toBeLessThanOrEqual(6);
        for (const warning of response.warnings ?? []) expect([...warning].length).toBeLessThanOrEqual(256);
        for (const text of [
          response.status?.message ?? '',
          ...causes.flatMap(({ field, message }) => [field, message]),
          ...(response.warnings ?? []),
          ...Object.values(response.auditAnnotations ?? {}),
        ])
          expect(text).toBe(oneLine(text, 1_000_000));
      }),
      RUNS,
    );
  });

  it('gives the same answer again, and whatever the order of fields', async () => {
    await fc.assert(
      fc.asyncProperty(OBJECT, CLUSTER, async (object, cluster) => {
        const first = await review({ object, cluster });
        expect(await review({ object: structuredClone(object), cluster })).toEqual(first);
        const second = await review({ object: reversed(object), cluster });
        expect(second.kind).toBe(first.kind);
        expect([...second.reasons].sort()).toEqual([...first.reasons].sort());
        // Of two headers with one canonical name the later is the duplicate, so the order of causes may differ.
        if (first.kind === 'denied' && second.kind === 'denied')
          expect(second.causes.length).toBe(first.causes.length);
      }),
      RUNS,
    );
  });

  it('never denies an update that changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(OBJECT, CLUSTER, SUBRESOURCE, async (object, cluster, subResource) => {
        // As both come over the wire: a clone would have other prototypes.
        const text = JSON.stringify(object);
        const outcome = await review({
          object: JSON.parse(text),
          oldObject: JSON.parse(text),
          cluster,
          ...(subResource === undefined ? {} : { subResource }),
        });
        expect(outcome.kind).toBe('allowed');
      }),
      RUNS,
    );
  });

  it('never denies a deletion', async () => {
    await fc.assert(
      fc.asyncProperty(OBJECT, CLUSTER, async (oldObject, cluster) => {
        expect((await review({ oldObject, cluster, operation: 'DELETE' })).kind).toBe('allowed');
      }),
      RUNS,
    );
  });

  it('denies on creation what it denies in an update of something else', async () => {
    await fc.assert(
      fc.asyncProperty(OBJECT, CLUSTER, async (object, cluster) => {
        const kind: ToolhiveKind = object.kind;
        const blank = { apiVersion: object.apiVersion, kind, metadata: { name: 'billing' }, spec: {} };
        const created = await review({ object, cluster });
        const updated = await review({ object, oldObject: blank, cluster });
        if (updated.kind === 'denied') expect(created.kind).toBe('denied');
      }),
      RUNS,
    );
  });
});
