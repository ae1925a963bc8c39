// What one reader has not taken yet. Bounded: a reader that does not take its mail loses the mailbox, not the sender.

/** Why a reader is not served any more. */
export type Ending = 'gone' | 'too-slow' | 'revoked' | 'logged-out' | 'shutdown';

export type Taken<T> =
  | { readonly kind: 'items'; readonly items: readonly T[] }
  | { readonly kind: 'quiet' }
  | { readonly kind: 'ended'; readonly ending: Ending };

export type Mailbox<T> = {
  /** False when that was too much, now or before: the mailbox is ended, and what was in it is forgotten. */
  put(items: readonly T[]): boolean;
  /** The first ending stays; what is in the mailbox is forgotten at once. */
  end(ending: Ending): void;
  /** Everything there is, as soon as there is something; `quiet` when there was nothing for `patienceMs`. */
  take(patienceMs: number): Promise<Taken<T>>;
  isEnded(): boolean;
};

export function createMailbox<T>(capacity: number): Mailbox<T> {
  let items: T[] = [];
  let ended: Ending | null = null;
  let wake = (): void => {};

  const end = (ending: Ending): void => {
    ended ??= ending;
    items = [];
    wake();
  };

  const arrival = (patienceMs: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  return {
    put(added) {
      if (ended === null && items.length + added.length > capacity) end('too-slow');
      if (ended !== null) return false;
      items.push(...added);
      wake();
      return true;
    },
    end,
    isEnded: () => ended !== null,
    async take(patienceMs) {
      if (ended === null && items.length === 0) await arrival(patienceMs);
      if (ended !== null) return { kind: 'ended', ending: ended };
      if (items.length === 0) return { kind: 'quiet' };
      const taken = items;
      items = [];
      return { kind: 'items', items: taken };
    },
  };
}
