/**
 * Unpacks a Snappy block, as LevelDB's tables hold their index. Throws RangeError for one that is not sound.
 *
 * Source: github.com/google/snappy, format_description.txt.
 */
export function unpackSnappy(packed: Buffer): Buffer {
  let at = 0;
  const byte = () => packed.readUInt8(at++);
  const unpacked = Buffer.alloc(readLength(byte));
  let end = 0;
  const put = (value: number) => {
    end = unpacked.writeUInt8(value, end);
  };
  while (at < packed.length) {
    const tag = byte();
    const kind = tag & 3;
    if (kind === 0) {
      const extra = Math.max(0, (tag >> 2) - 59);
      const length = 1 + (extra === 0 ? tag >> 2 : littleEndian(byte, extra));
      for (let i = 0; i < length; i++) put(byte());
      continue;
    }
    const length = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2);
    const back = kind === 1 ? (tag >> 5) * 256 + byte() : littleEndian(byte, kind === 2 ? 2 : 4);
    // Byte by byte: a copy may overlap what it writes, which repeats it.
    for (let i = 0; i < length; i++) put(unpacked.readUInt8(end - back));
  }
  return unpacked;
}

function readLength(byte: () => number): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const next = byte();
    value += (next & 127) * scale;
    if (next < 128) return value;
  }
}

function littleEndian(byte: () => number, count: number): number {
  let value = 0;
  for (let i = 0, scale = 1; i < count; i++, scale *= 256) value += byte() * scale;
  return value;
}
