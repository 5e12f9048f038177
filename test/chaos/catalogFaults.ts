import type { Scenario } from './scenario.ts';
export const catalogFaults: Scenario = { name: 'catalogFaults', title: 'catalogFaults', run: async () => [] };
