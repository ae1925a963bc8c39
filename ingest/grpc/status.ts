// How a gRPC call ends: its code, its message, and when to come back.
// Source: grpc/grpc, doc/PROTOCOL-HTTP2.md, "Responses"; opentelemetry.io/docs/specs/otlp, "OTLP/gRPC Throttling".

import protobuf from 'protobufjs/minimal.js';

/** Numbers of google.rpc.Code. */
export const grpcCodes = {
  ok: 0,
  unknown: 2,
  invalidArgument: 3,
  unimplemented: 12,
  unavailable: 14,
} as const;

export type GrpcStatus = {
  readonly code: number;
  readonly message: string;
  /** Says that the same call may be made again then. */
  readonly retryAfterSeconds?: number | undefined;
};

/** As headers of an answer that is nothing else, or as its trailers. */
export function statusHeaders({ code, message, retryAfterSeconds }: GrpcStatus): Record<string, string> {
  const headers: Record<string, string> = { 'grpc-status': String(code) };
  if (message !== '') headers['grpc-message'] = percentEncoded(message);
  if (retryAfterSeconds !== undefined)
    headers['grpc-status-details-bin'] = details(code, message, retryAfterSeconds);
  return headers;
}

/** What is printable ASCII stays, the rest is the %XX of its UTF-8 bytes. */
function percentEncoded(text: string): string {
  return text.toWellFormed().replace(/[^ -$&-~]/gu, (char) => {
    const bytes = Buffer.from(char, 'utf8').toString('hex').toUpperCase();
    return bytes.replace(/../g, '%$&');
  });
}

/** google.rpc.Status with a google.rpc.RetryInfo, without which senders take RESOURCE_EXHAUSTED for good. */
function details(code: number, message: string, seconds: number): string {
  const status = protobuf.Writer.create().uint32(0x08).int32(code).uint32(0x12).string(message);
  const any = status.uint32(0x1a).fork();
  any.uint32(0x0a).string('type.googleapis.com/google.rpc.RetryInfo').uint32(0x12).fork();
  any.uint32(0x0a).fork().uint32(0x08).int64(seconds).ldelim();
  const bytes = any.ldelim().ldelim().finish();
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
