// What a detector has learnt as bytes and back, every figure exactly as it was. Numbers are little-endian; an array of another length
// than expected, or too few bytes, is a state of something else and throws.

export class StateWriter {
  private view = new DataView(new ArrayBuffer(1024));
  private size = 0;

  number(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.size, value, true);
    this.size += 8;
  }

  doubles(values: Float64Array): void {
    this.number(values.length);
    for (const value of values) this.number(value);
  }

  floats(values: Float32Array): void {
    this.number(values.length);
    this.reserve(4 * values.length);
    for (const value of values) {
      this.view.setFloat32(this.size, value, true);
      this.size += 4;
    }
  }

  bytes(values: Uint8Array): void {
    this.number(values.length);
    this.reserve(values.length);
    new Uint8Array(this.view.buffer).set(values, this.size);
    this.size += values.length;
  }

  take(): Uint8Array {
    return new Uint8Array(this.view.buffer.slice(0, this.size));
  }

  private reserve(bytes: number): void {
    if (this.size + bytes <= this.view.byteLength) return;
    const larger = new ArrayBuffer(2 * (this.size + bytes));
    new Uint8Array(larger).set(new Uint8Array(this.view.buffer));
    this.view = new DataView(larger);
  }
}

export class StateReader {
  private readonly view: DataView;
  private at = 0;

  constructor(state: Uint8Array) {
    this.view = new DataView(state.buffer, state.byteOffset, state.byteLength);
  }

  number(): number {
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  doublesInto(values: Float64Array): void {
    this.expect(values.length);
    for (let index = 0; index < values.length; index += 1) values[index] = this.number();
  }

  floatsInto(values: Float32Array): void {
    this.expect(values.length);
    for (let index = 0; index < values.length; index += 1) {
      values[index] = this.view.getFloat32(this.at, true);
      this.at += 4;
    }
  }

  bytesInto(values: Uint8Array): void {
    this.expect(values.length);
    for (let index = 0; index < values.length; index += 1)
      values[index] = this.view.getUint8(this.at + index);
    this.at += values.length;
  }

  /** Throws unless all of it was read. */
  end(): void {
    if (this.at !== this.view.byteLength) throw new RangeError('more was kept than is known of');
  }

  private expect(length: number): void {
    const found = this.number();
    if (found !== length) throw new RangeError(`${found} figures were kept where ${length} are known`);
  }
}
