import { readFileSync } from 'node:fs';
import type { Taps } from './resize-taps.ts';

/** What assembly/kernels.ts exports, where its parameters are told of. Numbers are addresses, sizes and factors. */
interface Kernels {
  average(
    source: number,
    stride: number,
    channels: number,
    across: number,
    down: number,
    sums: number,
    out: number,
  ): void;
  round(from: number, count: number, out: number): void;
  toRgb(
    y: number,
    u: number,
    v: number,
    pixels: number,
    redOfV: number,
    greenOfU: number,
    greenOfV: number,
    blueOfU: number,
    out: number,
  ): void;
  interpolate(
    source: number,
    stride: number,
    across: number,
    down: number,
    upper: number,
    lower: number,
    out: number,
  ): void;
  sample(
    source: number,
    width: number,
    height: number,
    xx: number,
    xy: number,
    x0: number,
    yx: number,
    yy: number,
    y0: number,
    size: number,
    factor: number,
    summand: number,
    out: number,
  ): void;
  normalise(
    source: number,
    sourceStep: number,
    pixels: number,
    factor: number,
    summand: number,
    outStep: number,
    out: number,
  ): void;
}

/** The memory that the kernels work in. */
export interface Scratch {
  /** Room for so many bytes. @returns its address */
  room(bytes: number): number;
  /** Copy in. @returns the address */
  put(data: Uint8Array): number;
  putTaps(taps: Taps): number;
  /** So many floats of one value. @returns their address */
  putFloats(count: number, value: number): number;
  /** Copy out. */
  bytes(address: number, count: number): Uint8Array<ArrayBuffer>;
  floats(address: number, count: number): Float32Array<ArrayBuffer>;
}

const pageBytes = 65536;
// Kernels read and write up to a few vectors beyond what they need.
const spareBytes = 64;
const alignment = 16;

const memory = new WebAssembly.Memory({ initial: 1 });
// Beside this module, or beside the bundle that has it.
const wasm = readFileSync(new URL('assembly/kernels.wasm', import.meta.url));
const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), { env: { memory } });

export const kernels = instance.exports as unknown as Kernels;

/** Use the memory from its start; what was put there before is gone. */
export function openScratch(): Scratch {
  let end = alignment;
  const room = (bytes: number) => {
    const address = end;
    end += Math.ceil((bytes + spareBytes) / alignment) * alignment;
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) {
      memory.grow(Math.ceil(missing / pageBytes));
    }
    return address;
  };
  const put = (data: ArrayBufferView) => {
    const address = room(data.byteLength);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(memory.buffer).set(bytes, address);
    return address;
  };
  return {
    room,
    put,
    putTaps({ first, count, weights, most }) {
      return put(Int32Array.of(first.length, most, put(first), put(count), put(weights)));
    },
    putFloats(count, value) {
      const address = room(4 * count);
      new Float32Array(memory.buffer, address, count).fill(value);
      return address;
    },
    bytes: (address, count) => new Uint8Array(memory.buffer.slice(address, address + count)),
    floats: (address, count) => new Float32Array(memory.buffer.slice(address, address + 4 * count)),
  };
}
