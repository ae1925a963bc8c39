// One id per request, in the answer and in every log line; the caller's own is kept when it is harmless.

const sane = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
const traceparent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

export function requestIdOf(header: string | undefined, newId: () => string): string {
  return header !== undefined && sane.test(header) ? header : newId();
}

/** The trace id of a W3C `traceparent` header, when there is a valid one. */
export function traceIdOf(header: string | undefined): string | null {
  const traceId = header === undefined ? undefined : traceparent.exec(header)?.[1];
  return traceId === undefined || /^0+$/.test(traceId) ? null : traceId;
}
