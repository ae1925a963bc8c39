/** The server's side of a WebSocket (RFC 6455), as little of it as Socket Mode needs: text frames both ways, ping, close. */
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;

export type SocketDoor = {
  upgrade(request: IncomingMessage, socket: Duplex): void;
  /** Resolves with the payload of the acknowledgement. Waits for a connection when there is none yet. */
  send(type: string, payload: unknown): Promise<unknown>;
  close(): void;
};

export function createSocketDoor(): SocketDoor {
  const acknowledged = new Map<string, (payload: unknown) => void>();
  let connected: (socket: Duplex) => void = () => {};
  const connection = new Promise<Duplex>((resolve) => {
    connected = resolve;
  });
  const open = new Set<Duplex>();
  return {
    upgrade(request, socket) {
      const key = String(request.headers['sec-websocket-key']);
      const accept = createHash('sha1').update(`${key}${guid}`).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => open.delete(socket));
      let pending = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        pending = Buffer.concat([pending, chunk]);
        for (let frame = readFrame(pending); frame !== null; frame = readFrame(pending)) {
          pending = pending.subarray(frame.length);
          if (frame.opcode === opcodes.ping) socket.write(writeFrame(opcodes.pong, frame.payload));
          if (frame.opcode === opcodes.close) socket.end(writeFrame(opcodes.close, frame.payload));
          if (frame.opcode !== opcodes.text) continue;
          const { envelope_id: id, payload } = JSON.parse(frame.payload.toString()) as {
            envelope_id: string;
            payload?: unknown;
          };
          acknowledged.get(id)?.(payload ?? null);
        }
      });
      socket.write(textFrame({ type: 'hello', num_connections: 1, connection_info: { app_id: 'A0TEST' } }));
      connected(socket);
    },
    async send(type, payload) {
      const socket = await connection;
      const id = randomUUID();
      const answer = new Promise((resolve) => acknowledged.set(id, resolve));
      socket.write(textFrame({ type, envelope_id: id, payload, accepts_response_payload: true }));
      return answer;
    },
    close() {
      for (const socket of open) socket.destroy();
    },
  };
}

function textFrame(value: unknown): Buffer {
  return writeFrame(opcodes.text, Buffer.from(JSON.stringify(value)));
}

function writeFrame(opcode: number, payload: Buffer): Buffer {
  const head =
    payload.length < 126
      ? Buffer.from([0x80 | opcode, payload.length])
      : Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, payload]);
}

/** A frame of a client: masked, below 64 KiB. Null when it is not all there yet. */
function readFrame(data: Buffer): { opcode: number; payload: Buffer; length: number } | null {
  if (data.length < 2) return null;
  const short = (data[1] ?? 0) & 0x7f;
  const offset = short === 126 ? 4 : 2;
  if (data.length < offset + 4) return null;
  const size = short === 126 ? data.readUInt16BE(2) : short;
  const length = offset + 4 + size;
  if (data.length < length) return null;
  const mask = data.subarray(offset, offset + 4);
  const payload = Buffer.from(data.subarray(offset + 4, length));
  for (let index = 0; index < payload.length; index += 1) {
    payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
  }
  return { opcode: (data[0] ?? 0) & 0x0f, payload, length };
}
