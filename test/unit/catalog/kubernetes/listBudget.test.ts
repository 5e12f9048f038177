import { describe, expect, it } from 'vitest';
import { ListBudget, ListProgress } from '../../../../src/catalog/kubernetes/listBudget.ts';

const identity = (name: string) => ({ namespace: 'n', name, version: 'u/1', resourceVersion: '1' });

describe('the bounds of a list', () => {
  it('are shared by all lists that are under way, and freed when one ends', () => {
    const budget = new ListBudget({ bytes: 100, objects: 3 });
    const one = new ListProgress(budget, 10);
    const two = new ListProgress(budget, 10);
    one.chunk(60);
    expect(() => two.chunk(60)).toThrow('larger than 100 bytes');
    two.end();
    one.chunk(40);
    one.end();
    const three = new ListProgress(budget, 10);
    three.chunk(100);
    for (const name of ['a', 'b', 'c']) three.item(identity(name));
    expect(() => three.item(identity('d'))).toThrow('more than 3 objects');
  });

  it('hold for pages: none twice, none empty, none of few items for ever', () => {
    const list = () => new ListProgress(new ListBudget(), 500);
    const twice = list();
    twice.item(identity('a'));
    twice.page(true);
    expect(() => twice.item(identity('a'))).toThrow('same object twice');
    expect(() => list().page(true)).toThrow('empty and not the last');
    expect(() => list().page(false)).not.toThrow();
    const small = list();
    let pages = 0;
    expect(() => {
      for (; pages < 1_000; pages++) {
        small.item(identity(`e${pages}`));
        small.page(true);
      }
    }).toThrow('nearly empty');
    expect(pages).toBeLessThan(30);
  });
});
