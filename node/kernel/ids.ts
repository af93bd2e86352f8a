import type { Runtime } from "./runtime.ts";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A ULID: 48 bits of milliseconds, 80 random bits, 26 characters that sort by time. Source: github.com/ulid/spec. */
export function newUlid(runtime: Runtime): string {
  let time = "";
  for (let ms = runtime.nowMs(), i = 0; i < 10; i++, ms = Math.floor(ms / 32)) time = CROCKFORD.charAt(ms % 32) + time;
  let random = "";
  for (const byte of runtime.randomBytes(16)) random += CROCKFORD.charAt(byte & 31);
  return time + random;
}

/** A `urn:uuid:` of version 4, the form the Dataspace Protocol's pids take here. Source: RFC 9562 §5.4. */
export function newUrn(runtime: Runtime): string {
  const bytes = Uint8Array.from(runtime.randomBytes(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString("hex");
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
