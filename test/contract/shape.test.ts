import { expect, it } from 'vitest';
import { type Shape, VMCP_CONFIG } from '../../src/toolhive/vmcpConfig/shape.ts';
import { describeWithToolHive } from './harness/toolhive.ts';

/** All places below a shape with their types, as ToolHive lists its own. */
function fieldsOf(shape: Shape, path = '', within: readonly Shape[] = []): string[] {
  if (typeof shape === 'string') return [`${path} ${shape}`];
  if ('list' in shape) return fieldsOf(shape.list, `${path}[]`, within);
  if ('map' in shape) return fieldsOf(shape.map, `${path}{}`, within);
  if (within.includes(shape)) return [`${path} itself`];
  return Object.entries(shape.fields).flatMap(([name, field]) =>
    fieldsOf(field, `${path}.${name}`, [...within, shape]),
  );
}

describeWithToolHive('the fields of a config', (ask) => {
  it('are the fields of ToolHive, with the same types', async () => {
    const [answer] = await ask([{ op: 'fields' }]);
    expect(fieldsOf(VMCP_CONFIG).sort()).toEqual(answer?.fields);
  });
});
