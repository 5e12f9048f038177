import { isDnsLabel, isObjectName } from '../../kubernetes/objectNames.ts';
import { textAt, valueAt } from '../../kubernetes/record.ts';
import { STORED_KINDS } from '../../toolhive/kinds.ts';
import { invalid, required } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny } from '../rule.ts';

export const objectNameRules = {
  'object-name-invalid': deny('An object must have a name that the API server takes.', ...STORED_KINDS),
};

const rule = 'object-name-invalid';
/** A variable that Flux or envsubst replaces before the object is applied. */
const VARIABLE = '${';
const NAME =
  'at most 253 lower-case letters, digits, "-" and ".", with a letter or a digit at both ends of each part';
const LABEL = 'at most 63 lower-case letters, digits and "-", with a letter or a digit at both ends';

function wrongText(field: string, value: string, allowed: string): Finding {
  return invalid({ rule, field, value, detail: `the API server refuses it: ${allowed}` });
}

/**
 * What is wrong with the name and the namespace of an object in a manifest. Only `check` asks for it: the API server refuses
 * such an object before it asks a webhook.
 */
export function checkObjectName(object: unknown): Finding[] {
  const [name, prefix, namespace] = ['name', 'generateName', 'namespace'].map((field) =>
    textAt(object, 'metadata', field),
  );
  const findings: Finding[] = [];
  if (
    name === undefined &&
    prefix === undefined &&
    typeof (valueAt(object, 'metadata', 'name') ?? '') === 'string'
  )
    findings.push(
      required({ rule, field: 'metadata.name', detail: 'the API server refuses an object without a name' }),
    );
  if (name !== undefined && !name.includes(VARIABLE) && !isObjectName(name))
    findings.push(wrongText('metadata.name', name, NAME));
  if (namespace !== undefined && !namespace.includes(VARIABLE) && !isDnsLabel(namespace))
    findings.push(wrongText('metadata.namespace', namespace, LABEL));
  return findings;
}
