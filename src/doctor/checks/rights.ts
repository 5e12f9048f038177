import type { Read } from '../api.ts';
import type { Facts, Right } from '../facts.ts';
import { failed, judge, orOk, type Result } from '../result.ts';
import { few } from './registration.ts';

function rightText({ verb, group, resource, namespace }: Right): string {
  return `${verb} ${group ? `${resource}.${group}` : resource}${namespace === undefined ? '' : ` in ${namespace}`}`;
}

function lacking(
  read: Read<readonly Right[]>,
  subject: string,
  who: string,
  remedy: string,
): readonly Result[] {
  return judge(read, subject, failed, (rights) => {
    const missing = rights.filter(({ allowed }) => !allowed).map(rightText);
    const problems = missing.length > 0 ? [failed(`${who} may not ${few(missing)}; ${remedy}`)] : [];
    return orOk(problems, `${who} has all ${rights.length} rights that are needed`);
  });
}

export function accountRights({ accountRights: rights, target }: Facts): readonly Result[] {
  const account = `the ServiceAccount of Deployment ${target.namespace}/${target.name}`;
  return lacking(rights, `what ${account} may do`, account, 'apply its ClusterRole and binding');
}

export function callerRights({ callerRights: rights }: Facts): readonly Result[] {
  return lacking(rights, 'what you may do', 'your user', 'install as one who may');
}
