// LanguageModel through the AI SDK: one call, no repetitions (Temporal does these), every way to fail told apart.

import {
  APICallError,
  generateText,
  jsonSchema,
  NoObjectGeneratedError,
  Output,
  type LanguageModel as SdkModel,
} from 'ai';
import type { LanguageModel, ModelReply, ModelUsage } from '../../activities/ports.ts';
import { answerJsonSchema, isAnswer } from '../../domain/model/answer.ts';
import { findObject } from '../../domain/model/json-text.ts';
import { redact } from '../../domain/redaction/redact.ts';
import { plainLine } from '../../domain/text.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { ModelSettings } from './settings.ts';

// The SDK writes warnings about model settings to the console; our log is JSON lines.
globalThis.AI_SDK_LOG_WARNINGS = false;

/** A model of a vendor's SDK; `fetch` is what every request goes through. */
export type OpenModel = (settings: ModelSettings, fetch: typeof globalThis.fetch) => SdkModel;

export function createLanguageModel(settings: ModelSettings, open: OpenModel): LanguageModel {
  const model = open(settings, boundedFetch);
  return {
    name: settings.name,
    model: settings.model,
    prices: settings.prices,
    async ask({ system, prompt, maxOutputTokens }) {
      let words: string | undefined;
      try {
        const { text, finishReason, usage } = await generateText({
          model,
          instructions: system,
          prompt,
          maxOutputTokens,
          maxRetries: 0,
          // Before the SDK reads the output, which it gives up when there is no text.
          onStepFinish: (step) => {
            words = wordsOf(step);
          },
          abortSignal: AbortSignal.timeout(settings.timeoutMs),
          ...outputOf(settings),
        });
        return replyOf(words ?? text, finishReason, usage);
      } catch (error) {
        return replyOfError(error, settings, words);
      }
    },
  };
}

/** Some servers put the answer where thoughts or calls of tools belong, and leave the text empty. */
function wordsOf({
  text,
  reasoningText,
  toolCalls,
}: {
  readonly text: string;
  readonly reasoningText: string | undefined;
  readonly toolCalls: readonly { readonly input: unknown }[];
}): string {
  if (findObject(text, isAnswer) !== null) return text;
  const input = toolCalls.at(-1)?.input;
  const called = typeof input === 'string' ? input : input === undefined ? '' : JSON.stringify(input);
  if (findObject(called) !== null) return called;
  return text.trim() === '' ? (reasoningText ?? '') : text;
}

/** The SDK's own reading of the output is not used: it takes nothing but bare JSON, and models like to add words. */
function outputOf({ structuredOutput }: ModelSettings) {
  switch (structuredOutput) {
    case 'schema':
      return { output: Output.object({ name: 'diagnosis', schema: jsonSchema(answerJsonSchema()) }) };
    case 'json':
      return { output: Output.json() };
    case 'none':
      return {};
  }
}

type Usage = { readonly inputTokens: number | undefined; readonly outputTokens: number | undefined };

function replyOf(text: string, finishReason: string | undefined, used: Usage | undefined): ModelReply {
  const usage: ModelUsage = {
    inputTokens: tokens(used?.inputTokens),
    outputTokens: tokens(used?.outputTokens),
  };
  if (finishReason === 'content-filter') {
    return { kind: 'refused', reason: "the provider's filter stopped the answer", text, usage };
  }
  if (findObject(text, isAnswer) !== null) return { kind: 'answer', text, usage };
  if (finishReason === 'length') return { kind: 'invalid', reason: 'the answer was cut off', text, usage };
  // Words instead of an object: asking for the object again would get the same words.
  return text.includes('{')
    ? { kind: 'invalid', reason: 'the answer is not the JSON object that was asked for', text, usage }
    : {
        kind: 'refused',
        reason: text.trim() === '' ? 'an empty answer' : 'words instead of an answer',
        text,
        usage,
      };
}

function tokens(count: number | undefined): number | null {
  return count !== undefined && Number.isFinite(count) && count >= 0 ? Math.round(count) : null;
}

/** `words`: what was said, where that is known. */
function replyOfError(
  error: unknown,
  { name, timeoutMs }: ModelSettings,
  words: string | undefined,
): ModelReply {
  if (NoObjectGeneratedError.isInstance(error))
    return replyOf(words ?? error.text ?? '', error.finishReason, error.usage);
  if (APICallError.isInstance(error)) {
    const { statusCode } = error;
    if (statusCode === 429 || statusCode === 503 || statusCode === 529) {
      const reason = `${name} answered ${statusCode}${said(error)}`;
      return { kind: 'overloaded', reason, retryAfterMs: retryAfterMs(error.responseHeaders) };
    }
    // An answer that is none (a page, half of a body) came with 200, and was written by a model that is paid for.
    if (statusCode !== undefined && statusCode >= 400) {
      return { kind: 'failed', reason: `${name} answered ${statusCode}${said(error)}`, paid: false };
    }
  }
  const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
  const late = kind === 'TimeoutError' || kind === 'AbortError';
  const reason = late
    ? `${name} gave no answer within ${timeoutMs} ms`
    : `${name}: ${causeOf(error) ?? message}`;
  return { kind: 'failed', reason: reason.slice(0, 300), paid: !neverSent(error) };
}

const longestSentence = 200;

/** The provider's own sentence: what to repair is often there, and nowhere else. Part of a key may be, too. */
function said({ message }: APICallError): string {
  const sentence = redact(plainLine(message, longestSentence));
  return sentence === '' ? '' : `: ${sentence}`;
}

/** What lies at the bottom says more than "fetch failed". */
function causeOf(error: unknown): string | null {
  let at: unknown = error;
  let found: string | null = null;
  for (let depth = 0; at instanceof Error && depth < 6; depth += 1) {
    found = 'code' in at && typeof at.code === 'string' ? at.code : at.message;
    at = at.cause;
  }
  return found;
}

function neverSent(error: unknown): boolean {
  return /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT)$/.test(
    causeOf(error) ?? '',
  );
}

/** Seconds, or an HTTP date; null when there is none to be made sense of. */
function retryAfterMs(headers: Readonly<Record<string, string>> | undefined): number | null {
  const value = headers?.['retry-after'];
  if (value === undefined) return null;
  const ms = /^\d{1,6}(\.\d{1,3})?$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}
