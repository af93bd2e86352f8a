import { crc32c } from "./crc32c.ts";
import { unmasked } from "./level-log.ts";
import { unpackSnappy } from "./snappy.ts";

const FOOTER = 48;
const MAGIC = Buffer.from("57fb808b247547db", "hex");
/** Behind each block: one byte that names its compression, four of checksum. */
const TRAILER = 5;
const SNAPPY = 1;

type Place = { readonly offset: number; readonly size: number };

/** The footer is written last. */
export function isTableFinished(table: Buffer): boolean {
  return table.length >= FOOTER && table.subarray(table.length - MAGIC.length).equals(MAGIC);
}

/**
 * Whether any block of a LevelDB table does not match its checksum. LevelDB compares only where it is told to, which its
 * binding does not offer; a rotten key or filter would be a record that is gone without a word.
 *
 * Source: LevelDB doc/table_format.md.
 */
export function isTableRotten(table: Buffer): boolean {
  try {
    if (!isTableFinished(table)) return true;
    const reader = readerOf(table.subarray(table.length - FOOTER));
    const meta = reader.place();
    const index = reader.place();
    if (isBlockRotten(table, meta) || isBlockRotten(table, index)) return true;
    const places = [...placesIn(table, meta), ...placesIn(table, index)];
    return places.some((place) => isBlockRotten(table, place));
  } catch (fault) {
    if (fault instanceof RangeError) return true;
    throw fault;
  }
}

function isBlockRotten(table: Buffer, { offset, size }: Place): boolean {
  if (offset + size + TRAILER > table.length - FOOTER) return true;
  return unmasked(table.readUInt32LE(offset + size + 1)) !== crc32c(table, offset, offset + size + 1);
}

/** The blocks that an index block (or the block of filters) names. */
function placesIn(table: Buffer, { offset, size }: Place): Place[] {
  const stored = table.subarray(offset, offset + size);
  const block = table[offset + size] === SNAPPY ? unpackSnappy(stored) : stored;
  const end = block.length - 4 * (block.readUInt32LE(block.length - 4) + 1);
  const reader = readerOf(block);
  const places: Place[] = [];
  while (reader.at() < end) {
    reader.number();
    const keyBytes = reader.number();
    const valueBytes = reader.number();
    reader.skip(keyBytes);
    const next = reader.at() + valueBytes;
    places.push(reader.place());
    reader.skip(next - reader.at());
  }
  return places;
}

function readerOf(bytes: Buffer) {
  let position = 0;
  /** A varint: seven bits a byte, low ones first. */
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes.readUInt8(position++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  return {
    number,
    at: () => position,
    skip: (count: number) => {
      position += count;
    },
    place: (): Place => ({ offset: number(), size: number() }),
  };
}
