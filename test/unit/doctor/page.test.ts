import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { warningsOf } from '../../../src/apiClient/send.ts';
import { CAUSES, SILENT_CAUSES } from '../../../src/doctor/causes.ts';
import { CHECKS, type CheckId, type Finding, type Phase } from '../../../src/doctor/checks.ts';
import { hintUrl, REPAIR_ORDER, textReport } from '../../../src/doctor/report.ts';
import type { Status } from '../../../src/doctor/result.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/doctor.md'), 'utf8');

it('docs/doctor.md has a section for every check and cause, and for nothing else', () => {
  const anchors = [...page.matchAll(/^### (.+)$/gm)].map(([, title]) => title);
  const ids = [...Object.keys(CHECKS), ...SILENT_CAUSES, ...Object.keys(CAUSES)];
  expect(anchors.toSorted()).toEqual(ids.toSorted());
});

it('no check is called like a cause', () => {
  const causes: readonly string[] = [...SILENT_CAUSES, ...Object.keys(CAUSES)];
  expect(Object.keys(CHECKS).filter((id) => causes.includes(id))).toEqual([]);
});

it('links to the cause, else to the check', () => {
  const finding = { id: 'entry-denied', group: 'proof', status: 'failed', message: 'x' } as const;
  expect(hintUrl(finding)).toMatch(/docs\/doctor\.md#entry-denied$/);
  expect(hintUrl({ ...finding, cause: 'refused' })).toMatch(/docs\/doctor\.md#refused$/);
});

it('prints a line for each group, and more only where something is not fine', () => {
  const options = { verbose: false, paint: (_: string, text: string) => text };
  const fine = { id: 'trust', group: 'certificates', status: 'ok', message: 'fits' } as const;
  const bad = { id: 'service', group: 'network', status: 'failed', message: 'no port' } as const;
  const text = textReport([bad, fine], options);
  expect(text).toMatch(
    /^network {7}failed\n {2}failed service: no port\n {4}https:\S+#service\ncertificates {2}ok\n\n1 failed, 1 ok\n$/,
  );
  expect(textReport([fine], { ...options, verbose: true })).toContain('  ok trust: fits\n');
});

it('says with what to begin when several checks failed, and in which order to go on', () => {
  const fault = (id: CheckId, status: Status = 'failed') =>
    ({ id, group: CHECKS[id].group, status, message: `${id} is wrong` }) as const;
  const findings = [
    fault('entry-denied'),
    fault('pod-refused'),
    fault('mutating-configuration', 'warning'),
    fault('endpoints'),
    fault('trust'),
    fault('trust'),
    fault('deployment'),
  ];
  const begins = (some: readonly Finding[]) =>
    textReport(some, { verbose: false, paint: (_, text) => text }).split('\n\n')[0];
  expect(begins(findings)).toBe('begin with deployment: deployment is wrong\nthen look at endpoints, trust');
  expect(begins(findings.slice(0, 5))).toBe('begin with endpoints: endpoints is wrong\nthen look at trust');
  // Nothing tells more than the proof itself.
  expect(begins(findings.slice(0, 3))).toMatch(/^proof /);
});

it('has a place for each check of an installation in the order of repair', () => {
  const installed = Object.entries(CHECKS).filter(([, { phases }]) =>
    (phases as readonly Phase[]).includes('installed'),
  );
  expect(REPAIR_ORDER.toSorted()).toEqual(installed.map(([id]) => id).toSorted());
});

it('reads the warnings of the API server, with quotes in them and several in one header', () => {
  expect(warningsOf('299 - "one \\"quoted\\", with a comma", 299 - "two"')).toEqual([
    'one "quoted", with a comma',
    'two',
  ]);
  expect(warningsOf('')).toEqual([]);
});
