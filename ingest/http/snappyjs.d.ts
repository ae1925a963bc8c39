// snappyjs brings no types of its own.

declare module 'snappyjs' {
  /** Throws for what is no Snappy, and for what would be longer than `maxLength` bytes. */
  export function uncompress(compressed: Uint8Array, maxLength?: number): Uint8Array;
  export function compress(plain: Uint8Array): Uint8Array;
}
