// Messages of a stream as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

const encoder = new TextEncoder();

export type Message = {
  readonly event: string;
  /** Where the reader goes on from when it comes back: the browser sends it as `Last-Event-ID`. */
  readonly id: number;
  readonly data: unknown;
};

/** JSON has no line breaks of its own, so the data is always one line. */
export function frame({ event, id, data }: Message): Uint8Array {
  return encoder.encode(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** How long a browser waits before it comes back; not the same for all, so that they do not all come at once. */
export function retryFrame(retryMs: number): Uint8Array {
  return encoder.encode(`retry: ${Math.round(retryMs)}\n\n`);
}

/** A comment: keeps proxies from closing a quiet stream, and tells both ends that the other one is there. */
export const heartbeat = encoder.encode(': still here\n\n');

export function joined(frames: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(frames);
}
