import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { caVolumeNames } from '../../../../src/injection/volumes/caBundles.ts';
import { operatorCaVolumeName } from '../../../../src/toolhive/names.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const free = () => false;

/** Any DNS subdomain of up to 253 characters, and names that aim at the hash form of others. */
const subdomain = fc
  .array(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/), { minLength: 1, maxLength: 6 })
  .map(
    (labels) =>
      labels
        .join('.')
        .slice(0, 253)
        .replace(/[-.]+$/, '') || 'a',
  );
const entryName = fc.oneof(
  subdomain,
  subdomain.map((name) => name.replaceAll('.', '-').slice(0, 253)),
  subdomain.map((name) =>
    (caVolumeNames([`x.${name}`], free).get(`x.${name}`) ?? '').replace('ca-bundle-', ''),
  ),
  subdomain.map((name) => operatorCaVolumeName(name).replace('ca-bundle-', '')),
);

describe('the volume names of CA bundles', () => {
  it('are DNS labels and differ, for any set of entry names up to 253 characters', () => {
    fc.assert(
      fc.property(fc.uniqueArray(entryName, { maxLength: 12 }), (entries) => {
        const names = [...caVolumeNames(entries, free).values()];
        expect(names).toHaveLength(entries.length);
        expect(new Set(names).size).toBe(entries.length);
        for (const name of names) expect(name).toMatch(LABEL);
      }),
      { numRuns: 1000 },
    );
  });

  it('do not depend on the order of the entries', () => {
    fc.assert(
      fc.property(fc.uniqueArray(entryName, { maxLength: 8 }), (entries) => {
        expect(caVolumeNames(entries.toReversed(), free)).toEqual(caVolumeNames(entries, free));
      }),
    );
  });

  it('are the operator’s own where they can be, so that its volumes are reused', () => {
    expect(caVolumeNames(['billing'], free).get('billing')).toBe('ca-bundle-billing');
  });

  it('avoid what other volumes of the Pod are called', () => {
    const [name] = caVolumeNames(['billing'], (volume) => volume === 'ca-bundle-billing').values();
    expect(name).toMatch(/^ca-bundle-billing-[0-9a-f]{32}$/);
  });

  it('avoid a plain name that looks like the hash form of another entry', () => {
    const dotted = 'team.a';
    const imitation = (caVolumeNames([dotted], free).get(dotted) ?? '').replace('ca-bundle-', '');
    const names = caVolumeNames([dotted, imitation], free);
    expect(new Set(names.values()).size).toBe(2);
  });
});
