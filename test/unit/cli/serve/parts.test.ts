import { describe, expect, it } from 'vitest';
import { Parts } from '../../../../src/cli/serve/parts.ts';

/** Parts that note what happens to them; a part that is named in `failing` cannot do that. */
function recorded(...failing: readonly string[]) {
  const done: string[] = [];
  const note = async (what: string) => {
    done.push(what);
    if (failing.includes(what)) throw new Error(what);
  };
  const part = (name: string) => ({
    start: () => note(`start ${name}`),
    stop: () => note(`stop ${name}`),
  });
  const opened = { stop: () => note('stop opened') };
  return { done, parts: new Parts([part('ports'), opened, undefined, part('watcher'), part('catalog')]) };
}

const STARTS = ['start ports', 'start watcher', 'start catalog'];
const STOPS = ['stop ports', 'stop opened', 'stop watcher', 'stop catalog'];

describe('the parts of a process', () => {
  it('start in order, and stop in the same order, once', async () => {
    const { done, parts } = recorded();
    await parts.start();
    expect(done).toEqual(STARTS);
    await Promise.all([parts.stop(), parts.stop()]);
    expect(done).toEqual([...STARTS, ...STOPS]);
  });

  it.each([0, 1, 2])(
    'are all stopped when the start of number %i fails, and none starts after it',
    async (failing) => {
      const { done, parts } = recorded(...STARTS.slice(failing, failing + 1));
      await expect(parts.start()).rejects.toThrow(STARTS[failing]);
      expect(done).toEqual([...STARTS.slice(0, failing + 1), ...STOPS]);
    },
  );

  it('do not start when a stop comes first', async () => {
    const { done, parts } = recorded();
    await parts.stop();
    await expect(parts.start()).rejects.toThrow('stopped during the start');
    expect(done).toEqual(STOPS);
  });

  it('do not go on to start when a stop comes in between', async () => {
    const { done, parts } = recorded();
    const started = parts.start();
    const stopped = parts.stop();
    await expect(started).rejects.toThrow('stopped during the start');
    await stopped;
    expect(done.filter((what) => what.startsWith('start'))).toEqual(['start ports']);
    expect(done.filter((what) => what.startsWith('stop'))).toEqual(STOPS);
  });

  it('stop all, also behind one that cannot', async () => {
    const { done, parts } = recorded('stop ports', 'stop watcher');
    await parts.start();
    await expect(parts.stop()).rejects.toThrow('stop ports');
    expect(done).toEqual([...STARTS, ...STOPS]);
  });

  it('that fail to start say why, also when one of them cannot stop', async () => {
    const { parts } = recorded('start watcher', 'stop ports');
    await expect(parts.start()).rejects.toThrow('start watcher');
  });
});
