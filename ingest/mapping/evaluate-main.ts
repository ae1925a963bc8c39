// The thread that mappings run in: whatever one does, it can be ended from outside, and takes no more memory than it was given.

import { parentPort, workerData } from 'node:worker_threads';
import { type Compiled, compile, problemText } from './compile.ts';
import type { Asked, Bounds, Told } from './messages.ts';

const largestOutputChars = 1_000_000;
const mostKept = 100;
const { timeoutMs } = workerData as Bounds;
const compiled = new Map<string, Compiled>();

function expressionOf(text: string): Compiled {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  if (compiled.size >= mostKept) compiled.clear();
  const made = compile(text, timeoutMs);
  compiled.set(text, made);
  return made;
}

async function answerTo({ text, input }: Asked): Promise<Told> {
  try {
    const value = await expressionOf(text).evaluate(input);
    const json = JSON.stringify(value) ?? 'null';
    return json.length > largestOutputChars
      ? { ok: false, why: 'wrong', detail: `the mapping makes more than ${largestOutputChars} characters` }
      : { ok: true, json };
  } catch (error) {
    const isLate = (error as { code?: unknown } | null)?.code === 'D1012';
    return { ok: false, why: isLate ? 'late' : 'wrong', detail: problemText(error, text) };
  }
}

parentPort?.on('message', (asked: Asked) => {
  void answerTo(asked).then((told) => parentPort?.postMessage(told));
});
parentPort?.postMessage('ready');
