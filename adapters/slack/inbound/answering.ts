// How clicks and forms are answered: once, to the person who clicked, and only after the store has it.

import type { Logger } from '../../../api/ports/logger.ts';
import type { Principal } from '../../../api/ports/principal.ts';
import { OutOfReach } from '../../../api/reach/out-of-reach.ts';
import { escaped } from '../text.ts';
import { unreachable } from './answers.ts';
import type { detailBlocks } from './details.ts';
import { type DoorDeps, noteRefusal, type What } from './people.ts';

/** Tells the person who clicked, and nobody else. */
export type Tell = (answer: {
  readonly text: string;
  readonly blocks?: ReturnType<typeof detailBlocks>;
}) => Promise<void>;

/** For what must not be lost once it is acknowledged. */
export type Answering = {
  readonly tell: Tell;
  /** The decision is in the record, or refused: Slack may be told that the click has arrived. */
  recorded(): Promise<void>;
};

export async function refuse({ tell, recorded }: Answering, text: string): Promise<void> {
  await recorded();
  await tell({ text });
}

/** The same call; says so as soon as the store has answered, before the workflow is told. */
export function telling<Input, Result>(
  call: (input: Input) => Promise<Result>,
  recorded: () => Promise<void>,
): (input: Input) => Promise<Result> {
  return async (input) => {
    const result = await call(input);
    await recorded();
    return result;
  };
}

/** Whatever breaks, the person hears that nothing happened. */
export function guardedBy(deps: Pick<DoorDeps, 'refusals'> & { readonly log: Logger }) {
  return async (
    { tell, user, principal }: { readonly tell: Tell; readonly user: string; readonly principal: Principal },
    what: What,
    work: () => Promise<void>,
  ): Promise<void> => {
    const { log } = deps;
    try {
      await work();
    } catch (error) {
      if (error instanceof OutOfReach) {
        noteRefusal(user, principal, what, 'out-of-reach', deps);
        log.warn({ what, reason: error.message }, 'a click on something out of reach was refused');
        return tell({ text: `You may not do this; nothing happened. ${escaped(error.message)}` });
      }
      log.error({ err: error, what }, 'a click could not be carried out');
      await tell({ text: unreachable });
    }
  };
}
