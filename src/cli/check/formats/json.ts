import type { CheckReport } from '../checkReport.ts';

/** The judged objects as one array. */
export function jsonFormat({ items }: CheckReport): string {
  return `${JSON.stringify(items, null, 2)}\n`;
}
