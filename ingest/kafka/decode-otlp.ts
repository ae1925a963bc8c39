// The bytes of one record to the OTLP request it is, as the Collector's kafkaexporter writes them (`otlp_proto`, `otlp_json`). The
// record is poison when it is no request at all; points that cannot be used are left out and counted, as over HTTP.

import type { IdentityRules } from '../../domain/identity.ts';
import { createShapeCounter } from '../http/json-shape.ts';
import { type Decoded, decodeOtlp, type OtlpEncoding, type OtlpSignal } from '../otlp/decode.ts';
import { Malformed, TooMany } from '../otlp/malformed.ts';
import { recogniseSignal } from '../otlp/recognise.ts';
import { cleanText } from '../text.ts';
import type { DecodeContext, Decoding, Poison } from './decode.ts';
import type { Position, StreamRecord } from './ports.ts';

export type OtlpRequest = { readonly signal: OtlpSignal; readonly decoded: Decoded };

export type OtlpForm = {
  readonly encoding: OtlpEncoding;
  /** Null: each record says it by what it holds. */
  readonly signal: OtlpSignal | null;
  readonly identity?: IdentityRules | undefined;
};

export const decodeOtlpRecord =
  ({ encoding, signal: given, identity }: OtlpForm) =>
  ({ value }: StreamRecord, _position: Position, context: DecodeContext): Decoding<OtlpRequest> => {
    const { limits, defaultEnvironment, nowMs } = context;
    if (value === null || value.length === 0) return poisoned('empty', 'the record has no value');
    if (value.length > limits.maxInflatedBytes) {
      return poisoned('too-large', `${value.length} bytes; at most ${limits.maxInflatedBytes} are read`);
    }
    if (encoding === 'json') {
      const shape = createShapeCounter({ maxContainers: limits.maxMessages, maxDepth: limits.maxNesting });
      const problem = shape.push(value);
      if (problem !== null) return poisoned('too-complex', `JSON with ${words[problem]} objects and arrays`);
    }
    const signal = given ?? recogniseSignal(encoding, value);
    if (signal === null) return poisoned('not-otlp', unrecognised[encoding]);
    try {
      const options = { limits, defaultEnvironment, identity, nowMs };
      return { ok: true, record: { signal, decoded: decodeOtlp(signal, encoding, value, options) } };
    } catch (error) {
      if (error instanceof Malformed) return poisoned('not-otlp', `${signal}: ${error.message}`);
      if (error instanceof TooMany) return poisoned('too-complex', error.message);
      throw error;
    }
  };

const words = { 'too-many': 'too many', 'too-deep': 'too deeply nested' } as const;
const unrecognised: Readonly<Record<OtlpEncoding, string>> = {
  json: 'neither metrics, logs nor traces: expected "resourceMetrics", "resourceLogs" or "resourceSpans" first',
  protobuf:
    'neither metrics, logs nor traces as Protobuf, or it does not say which: set the signal of the topic',
};

function poisoned(reason: Poison['reason'], detail: string): Extract<Decoding, { ok: false }> {
  return { ok: false, poison: { reason, detail: cleanText(detail, 500) } };
}
