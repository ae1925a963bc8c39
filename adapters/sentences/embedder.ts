// Sentence embeddings without a network: the model comes with the packages, and runs in a thread of its own, which is started when
// somebody asks and ends when nobody has for a while: it takes about 140 MB.

import { Worker } from 'node:worker_threads';
import type { Embedder, Vector } from '../../domain/memory/port.ts';
import type { Answer, Question } from './thread.ts';

export type SentenceEmbedder = Embedder & {
  /** Whether its thread holds the model now. */
  isRunning(): boolean;
  close(): Promise<void>;
};

type Waiting = {
  readonly resolve: (vectors: readonly Vector[]) => void;
  readonly reject: (error: Error) => void;
};

export function createSentenceEmbedder(idleMs = 60_000): SentenceEmbedder {
  const waiting = new Map<number, Waiting>();
  let thread: Worker | null = null;
  let asked = 0;
  let idle: NodeJS.Timeout | undefined;

  function start(): Worker {
    const worker = new Worker(new URL('./thread.ts', import.meta.url));
    const fail = (error: Error) => {
      if (thread === worker) thread = null;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    worker.on('message', ({ id, ...answer }: Answer) => {
      const one = waiting.get(id);
      waiting.delete(id);
      if ('vectors' in answer) one?.resolve(answer.vectors);
      else one?.reject(new Error(answer.error));
      if (waiting.size === 0) rest(worker);
    });
    worker.on('error', fail);
    worker.on('exit', () => fail(new Error('the thread of the sentence embedding has ended')));
    return worker;
  }

  /** Nothing waits for it: it keeps no process up, and ends in a while. */
  function rest(worker: Worker): void {
    worker.unref();
    idle = setTimeout(() => {
      if (thread === worker) thread = null;
      void worker.terminate();
    }, idleMs);
    idle.unref();
  }

  return {
    space: 'sentences-en-0.2.0',
    embed(texts) {
      clearTimeout(idle);
      thread ??= start();
      thread.ref();
      asked += 1;
      const question: Question = { id: asked, texts };
      const { promise, resolve, reject } = Promise.withResolvers<readonly Vector[]>();
      waiting.set(asked, { resolve, reject });
      thread.postMessage(question);
      return promise;
    },
    isRunning: () => thread !== null,
    async close() {
      clearTimeout(idle);
      await thread?.terminate();
    },
  };
}
