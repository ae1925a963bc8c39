// Compensations: registered before their step runs (a step whose answer was lost may have happened), undone last in,
// first out. One that fails does not stop the rest; it is handed back, for a person. A take-over does stop the rest.

/** An undo that is owed, as plain JSON: it survives continue-as-new. The inverse itself is in the stored plan. */
export type PendingCompensation = {
  readonly planHash: string;
  readonly step: number;
  readonly stepKey: string;
  /** The forward effect it undoes. */
  readonly intentId: string;
};

export type Saga = {
  /** Once per step, however often it passes the gate. */
  register(compensation: PendingCompensation): void;
  /** The step certainly did not happen: nothing is owed for it. */
  forget(step: Pick<PendingCompensation, 'planHash' | 'step'>): void;
  /** The attempt worked, or a person took over: nothing will be undone any more. */
  settle(): void;
  pending(): readonly PendingCompensation[];
  /** Undoes everything owed, newest first, until it is stopped; what is still owed then stays pending. */
  compensate(undo: (compensation: PendingCompensation) => Promise<UndoOutcome>): Promise<Undone>;
};

/** `not-needed`: somebody else has put it back. */
export type UndoOutcome = 'undone' | 'not-needed' | 'not-undone' | 'stopped';

/** How many were undone, and the keys of the steps that could not be. */
export type Undone = { readonly undone: number; readonly notUndone: readonly string[] };

export function createSaga(carried: readonly PendingCompensation[]): Saga {
  let owed = [...carried];
  return {
    register(compensation) {
      if (!owed.some((one) => isOf(one, compensation))) owed.push(compensation);
    },
    forget(step) {
      owed = owed.filter((compensation) => !isOf(compensation, step));
    },
    settle() {
      owed = [];
    },
    pending: () => owed,
    async compensate(undo) {
      const notUndone: string[] = [];
      let undone = 0;
      for (let next = owed.at(-1); next !== undefined; next = owed.at(-1)) {
        const outcome = await undo(next);
        if (outcome === 'stopped') break;
        if (outcome === 'undone') undone += 1;
        if (outcome === 'not-undone') notUndone.push(next.stepKey);
        owed.pop();
      }
      return { undone, notUndone };
    },
  };
}

function isOf(
  compensation: PendingCompensation,
  { planHash, step }: Pick<PendingCompensation, 'planHash' | 'step'>,
): boolean {
  return compensation.planHash === planHash && compensation.step === step;
}
