import { sha256 } from "../node/kernel/digest.ts";

/** C2SP signature types: a log signs with the first, a witness with the second. Source: settlement.md §15. */
export const noteKeyType = { log: 0x01, witness: 0x04 } as const;

/** `name+hex(key id)+base64(type ‖ key)`, the public form of a note key. */
export function vkeyOf(name: string, kind: keyof typeof noteKeyType, publicKey: Uint8Array): string {
  const typed = Buffer.concat([Uint8Array.of(noteKeyType[kind]), publicKey]);
  const id = sha256(Buffer.concat([Buffer.from(`${name}\n`, "utf8"), typed])).subarray(0, 4);
  return `${name}+${id.toString("hex")}+${typed.toString("base64")}`;
}

/** The names of a region's log and witness: `<node name>/<region>/log`. */
export function noteNameOf(nodeName: string, regionId: string, kind: keyof typeof noteKeyType): string {
  return `${nodeName}/${regionId}/${kind}`;
}
