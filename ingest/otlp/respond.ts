// OTLP/HTTP answers in the encoding of the request: Export…ServiceResponse with partialSuccess, and google.rpc.Status.
// Source: opentelemetry.io/docs/specs/otlp, "OTLP/HTTP Response".

import protobuf from 'protobufjs/minimal.js';
import type { OtlpEncoding, OtlpSignal } from './decode.ts';
import type { Tally } from './tally.ts';
import { decodeMessage, int32, type MessageTable, string } from './wire.ts';

export type Answer = { readonly contentType: string; readonly body: Uint8Array<ArrayBuffer> };

const rejectedField: Readonly<Record<OtlpSignal, string>> = {
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
  traces: 'rejectedSpans',
};

/** The body of a 2xx: the empty message, or what was rejected, which may be nothing where there is only a warning. */
export function successAnswer(signal: OtlpSignal, encoding: OtlpEncoding, tally: Tally): Answer {
  const { rejected } = tally;
  const errorMessage = tally.message();
  if (encoding === 'json') {
    // proto3's JSON mapping writes 64-bit integers as text.
    const partialSuccess = { [rejectedField[signal]]: String(rejected), errorMessage };
    return json(errorMessage === '' ? {} : { partialSuccess });
  }
  const writer = protobuf.Writer.create();
  if (errorMessage !== '') {
    writer.uint32(0x0a).fork();
    writer.uint32(0x08).int64(rejected).uint32(0x12).string(errorMessage);
    writer.ldelim();
  }
  return protobufAnswer(writer.finish());
}

/** The body of a 4xx or 5xx. `code` is a google.rpc.Code number. */
export function statusAnswer(encoding: OtlpEncoding, code: number, message: string): Answer {
  if (encoding === 'json') return json({ code, message });
  return protobufAnswer(
    protobuf.Writer.create().uint32(0x08).int32(code).uint32(0x12).string(message).finish(),
  );
}

const statusTable: MessageTable = { 1: int32('code'), 2: string('message') };

/** What `statusAnswer` wrote as protobuf. */
export function readStatus(body: Uint8Array): { readonly code: number; readonly message: string } {
  const status = decodeMessage(body, statusTable, { messagesLeft: 1, depthLeft: 1 });
  return { code: 0, message: '', ...(status as object) };
}

function json(body: unknown): Answer {
  return { contentType: 'application/json', body: new Uint8Array(Buffer.from(JSON.stringify(body))) };
}
function protobufAnswer(body: Uint8Array): Answer {
  return { contentType: 'application/x-protobuf', body: new Uint8Array(body) };
}
