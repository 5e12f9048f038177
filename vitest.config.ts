import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The commands that tests start keep their compiled code here: each then starts in less than half the CPU. */
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'compile');

// Generous limits: they end what hangs and judge no speed. The machine may run other things beside the tests.
export default defineConfig({
  test: {
    // One more than there are cores: most tests wait for other programs half of the time.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          // The files share their modules, which saves 40 % of the CPU: no module keeps a state that a test changes.
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          globalSetup: ['test/contract/harness/globalSetup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/harness/globalSetup.ts', 'test/e2e/harness/helmSetup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'packages',
          include: ['test/release/**/*.test.ts'],
          exclude: ['test/release/rehearsal.test.ts'],
          globalSetup: ['test/release/support/globalSetup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Not a part of `npm test`: cosign alone has 1,764 packages to be compiled, once. The workflow of a release runs it.
        test: {
          name: 'rehearsal',
          include: ['test/release/rehearsal.test.ts'],
          globalSetup: ['test/release/support/globalSetup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/globalSetup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Started by test/node/run.ts, in namespaces of their own; never by `npm test`.
        test: {
          name: 'node',
          include: ['test/node/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
