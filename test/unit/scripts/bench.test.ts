import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readOptions, USAGE, UsageError } from '../../../scripts/bench/options.ts';
import { type Figures, movements, quantile, type Report, reportText } from '../../../scripts/bench/report.ts';
import { readReport, saveReport } from '../../../scripts/bench/saved.ts';
import { growthText } from '../../../scripts/bench/soak.ts';

const folder = mkdtempSync(join(tmpdir(), 'vmcp-admission-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function figures(ratio: number, more: Partial<Figures> = {}): Figures {
  return {
    case: 'create',
    server: 'webhook, 100',
    cpu: 200,
    ratio,
    ratioRange: [ratio - 0.1, ratio + 0.1],
    perSecond: 3_000,
    p50: 1,
    p99: 2,
    p999: 3,
    rss: 1_048_576,
    ...more,
  };
}

function report(...all: Figures[]): Report {
  return { node: 'v24', cpus: 2, rounds: 3, starts: [], figures: all, processes: undefined };
}

describe('the options of the benchmark', () => {
  it('measure everything when nothing is said', () => {
    expect(readOptions([])).toMatchObject({ sizes: [100, 10_000], rounds: 12, json: false, soak: undefined });
    expect(readOptions([])?.cases.length).toBeGreaterThanOrEqual(9);
  });

  it.each([
    [['--sizes', '5', '--no-build'], { sizes: [5], build: false }],
    [['--soak', '1000', '--save', 'x.json'], { soak: 1_000, save: 'x.json' }],
  ])('%j', (words, expected) => {
    expect(readOptions(words)).toMatchObject(expected);
  });

  it.each([
    [['--cases', 'create,nothing'], /there is no case "nothing"; there are create, /],
    [['--rounds', 'many'], /--rounds takes a number above 0, not "many"/],
    [['--soak', '-1'], /--soak/],
    [['--catalog', 'etcd'], /--catalog takes kubernetes or manifests, not "etcd"/],
    [['--unknown'], /Unknown option '--unknown'/],
    [['word'], /word/],
  ])('%j is refused in one line', (words, message) => {
    expect(() => readOptions(words)).toThrow(UsageError);
    expect(() => readOptions(words)).toThrow(message);
    expect(() => readOptions(words)).not.toThrow(/\n/);
  });

  it('--help names every option', () => {
    expect(readOptions(['--help'])).toBeUndefined();
    for (const name of ['cases', 'rounds', 'save', 'against', 'profile', 'soak', 'json'])
      expect(USAGE).toContain(`--${name}`);
  });
});

describe('a saved report', () => {
  it('comes back as it was', () => {
    const file = join(folder, 'report.json');
    saveReport(file, report(figures(2)));
    expect(readReport(file).figures).toEqual([figures(2)]);
  });

  it.each([
    ['\n> vmcp-admission@0.1.0 bench\n{}', /it is no JSON; was it redirected from npm without --silent\?/],
    ['{"a":1}', /is no report of this benchmark/],
    ['null', /is no report of this benchmark/],
  ])('%j is refused with what to do', (text, message) => {
    const file = join(folder, 'other.json');
    writeFileSync(file, text);
    expect(() => readReport(file)).toThrow(message);
    expect(() => readReport(file)).toThrow(`npm run bench -- --save ${file}`);
  });

  it('that is not there is named', () => {
    expect(() => readReport(join(folder, 'absent.json'))).toThrow(/absent\.json cannot be read \(ENOENT\)/);
  });
});

describe('what moved', () => {
  it('is said beyond a tenth, in both directions, and only of ratios', () => {
    const before = report(figures(2), figures(2, { case: 'update' }), figures(2, { case: 'denial' }));
    const now = report(
      figures(2.3),
      figures(2.1, { case: 'update', cpu: 900 }),
      figures(1.5, { case: 'denial' }),
      figures(9, { case: 'new' }),
    );
    expect(movements(now, before)).toEqual([
      'SLOWER create (webhook, 100): ratio 2.00 → 2.30 (+15 %)',
      'faster denial (webhook, 100): ratio 2.00 → 1.50 (-25 %)',
    ]);
  });
});

describe('the texts of the benchmark', () => {
  it('mark a ratio above its target', () => {
    const [create] = readOptions(['--cases', 'create'])?.cases ?? [];
    expect(reportText(report(figures(2.5)), create ? [create] : [])).toContain('OVER 2');
    expect(reportText(report(figures(1.9)), create ? [create] : [])).toContain('≤ 2');
  });

  it('say what grew since everything was warm', () => {
    const mib = 1_048_576;
    const steps = [1, 2, 3].map((step) => ({
      reviews: step * 1_000,
      heap: 20 * mib - step * mib,
      rss: step * mib,
    }));
    expect(growthText(steps)).toBe('over 1,000 reviews the heap changed by −1.0 MiB, RSS by +1.0 MiB');
    expect(growthText(steps.slice(0, 1))).toBe('too few reviews');
  });

  it('take quantiles of what there is', () => {
    expect(quantile([3, 1, 2, 4], 0.25)).toBe(2);
    expect(quantile([1], 0.75)).toBe(1);
    expect(quantile([], 0.5)).toBeNaN();
  });
});
