/** A vendor's call in a world in which waiting costs nothing. */
import type { Executor } from '../../../../activities/ports/executor.ts';
import { evenPaces } from '../worker.ts';
import type { Clock } from './clock.ts';

/** How often a worker asks: in the time of the world, which costs next to nothing outside. */
export const paces = evenPaces(5_000);

/** No time passes while a call is out. */
export function held(executor: Executor, clock: Clock): Executor {
  const { cancel } = executor;
  return {
    ...executor,
    begin: (...asked) => clock.hold(executor.begin(...asked)),
    ...(cancel === undefined ? {} : { cancel: (...asked) => clock.hold(cancel.apply(executor, asked)) }),
  };
}
