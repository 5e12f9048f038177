import { fieldsAt, itemsAt, textAt } from '../../kubernetes/record.ts';
import { child, type FieldPath, listItem, shownPath } from '../findings/fieldPath.ts';
import type { Finding } from '../findings/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import type { LoneObject } from '../rule.ts';
import { SECRET_FLOWS, type SecretFlow } from './flows.ts';
import { checkSendings, type Sending } from './secretHosts.ts';

/** A part of a spec, and its field. */
interface Part {
  readonly value: unknown;
  readonly field: FieldPath;
}

/** A segment of a path, such as `obo` or `upstreamProviders[]`, below each of the parts. */
function below(parts: readonly Part[], segment: string): Part[] {
  if (!segment.endsWith('[]'))
    return parts.flatMap(({ value, field }) => {
      const found = fieldsAt(value, segment);
      return found ? [{ value: found, field: child(field, segment) }] : [];
    });
  const list = segment.slice(0, -2);
  return parts.flatMap(({ value, field }) =>
    itemsAt(value, list).map(([index, item]) => ({
      value: item,
      field: listItem(`${shownPath(field)}.${list}`, index, textAt(item, 'name') ?? ''),
    })),
  );
}

/** An address that may be written without a scheme, as a URL. */
function addressUrl(address: string): string {
  return address.includes('://') ? address : `https://${address}`;
}

/** The Secrets of one flow. */
function ofFlow(flow: SecretFlow, object: LoneObject): Sending[] {
  const segments = flow.ref.split('.');
  const name = segments.pop() ?? '';
  const start: Part[] = [{ value: object.spec, field: 'spec' }];
  return segments.reduce(below, start).flatMap(({ value, field }) => {
    const secret = textAt(value, name, 'name');
    if (secret === undefined) return [];
    const beside = flow.beside?.map((url) => textAt(value, url)).find((url) => url !== undefined);
    const urls = beside === undefined ? (flow.to?.(object) ?? []).map(addressUrl) : [beside];
    const through = `${object.kind} "${object.name}"`;
    return urls.map((url) => ({ secret, url, field: child(child(field, name), 'name'), through }));
  });
}

/** The Secrets that an object sends to places that it names itself, beside those of the models. */
export function specSendings(object: LoneObject): Sending[] {
  return SECRET_FLOWS.filter(({ kinds }) => kinds.includes(object.kind)).flatMap((flow) =>
    ofFlow(flow, object),
  );
}

/** The findings about {@link specSendings}. */
export function checkSpecCredentials(object: LoneObject, policy: Policy): Finding[] {
  if (policy.credentials.size === 0) return [];
  return checkSendings(specSendings(object), object.namespace, policy);
}
