import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GRACE, World } from './world.ts';

type Event = (world: World) => void | Promise<void>;

const SECOND = 1_000;
const SHORT = [SECOND, 4 * SECOND, 11 * SECOND, 60 * SECOND];
const LONG = [GRACE / 2, GRACE + SECOND, 61 * GRACE, 3_000 * GRACE];
const which = fc.nat({ max: 5 });
const side = fc.nat({ max: 1 });
const times = fc.nat({ max: 12 });

/** What can happen next. Most of it happens within the time in which kubelets are late. */
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.tuple(which, times).map(
      ([run, steps]): Event =>
        (world) =>
          world.goOn(run, steps),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Event>((world) => world.start()) },
  { weight: 3, arbitrary: fc.constant<Event>((world) => world.start('ca')) },
  { weight: 1, arbitrary: fc.constant<Event>((world) => world.start('leaf')) },
  {
    weight: 1,
    arbitrary: which.map(
      (run): Event =>
        (world) =>
          world.kill(run),
    ),
  },
  {
    weight: 1,
    arbitrary: side.map(
      (replica): Event =>
        (world) =>
          world.syncKubelet(replica),
    ),
  },
  {
    weight: 1,
    arbitrary: side.map(
      (server): Event =>
        (world) =>
          world.hearApiServer(server),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...SHORT).map(
      (ms): Event =>
        (world) =>
          world.pass(ms),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...LONG).map(
      (ms): Event =>
        (world) =>
          world.pass(ms),
    ),
  },
);

/** An installation that serves. */
async function installed(): Promise<World> {
  const world = new World();
  await world.finish();
  world.pass(GRACE);
  return world;
}

it('makes a first CA, has it trusted, and only then a certificate', async () => {
  const world = new World();
  await world.finish();
  expect(world.trusted).toEqual(['ca-1', 'ca-1']);
  expect(world.secret.leaf?.issuer).toBe('ca-1');
});

it('does not take away what another run added between its own two reads', async () => {
  const world = await installed();
  const [slow, other] = [0, 1];
  world.start();
  await world.goOn(slow, 1);
  world.start('ca');
  // Up to the wait: the new CA is stored and trusted.
  await world.goOn(other, 20);
  world.pass(11 * SECOND);
  await world.goOn(slow, 1);
  await world.goOn(other, 20);
  await world.goOn(slow, 1);
  world.hearApiServer(0);
  world.syncKubelet(0);
  expect(world.secret.leaf?.issuer).toBe('ca-2');
  expect(world.untrusted).toEqual([]);
});

it('never leaves a served certificate untrusted, whatever is interrupted, late, or runs beside it; and finishes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 60, size: 'max' }), async (events) => {
      const world = await installed();
      expect(world.untrusted).toEqual([]);
      for (const happens of events) {
        await happens(world);
        expect(world.untrusted).toEqual([]);
      }
      await world.finish();
      world.pass(GRACE);
      await world.finish();
      world.pass(GRACE);
      const { authorities, leaf } = world.secret;
      expect(authorities).toHaveLength(1);
      expect(leaf?.issuer).toBe(authorities[0]?.pem);
      expect(new Set(world.trusted)).toEqual(new Set([authorities[0]?.pem]));
      expect(world.untrusted).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
