import { crc32 } from "node:zlib";
import { type Key, StoreFault } from "./port.ts";

const SEAL_BYTES = 4;

/**
 * A value as it is stored: CRC-32 (big endian) and the value. The key is part of the sum, so that a value which
 * surfaces under another record's key is found out too. LevelDB and PostgreSQL return rotten bytes without a word.
 */
export function seal(key: Key, value: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(SEAL_BYTES + value.length);
  sealed.writeUInt32BE(crc32(value, crc32(key)), 0);
  sealed.set(value, SEAL_BYTES);
  return sealed;
}

/** @throws StoreFault `STORE_CORRUPT` */
export function unseal(key: Key, sealed: Uint8Array): Uint8Array {
  const bytes = Buffer.isBuffer(sealed) ? sealed : Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const value = bytes.subarray(SEAL_BYTES);
  if (bytes.length < SEAL_BYTES || bytes.readUInt32BE(0) !== crc32(value, crc32(key))) throw corrupt(key);
  return value;
}

export function corrupt(key: Key, cause?: unknown): StoreFault {
  return new StoreFault(
    "STORE_CORRUPT",
    `the stored record ${JSON.stringify(key)} does not match its checksum; restore this node from a backup or from its peers`,
    cause === undefined ? {} : { cause },
  );
}
