import type { Scenario } from './scenario.ts';
export const callers: Scenario = { name: 'callers', title: 'callers', run: async () => [] };
