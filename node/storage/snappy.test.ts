import { expect, it } from "vitest";
import { unpackSnappy } from "./snappy.ts";

it("unpacks literals, copies and copies that repeat themselves", () => {
  // Length 14; literal "abc" (3 bytes); copy of 9 from 3 back; literal "xy".
  const packed = Buffer.from([14, 2 << 2, 97, 98, 99, ((9 - 4) << 2) | 1, 3, 1 << 2, 120, 121]);
  expect(unpackSnappy(packed).toString()).toBe("abcabcabcabcxy");
  // A copy with two bytes of distance: tag 2, length 4, 4 back.
  expect(unpackSnappy(Buffer.from([8, 3 << 2, 119, 120, 121, 122, (3 << 2) | 2, 4, 0])).toString()).toBe("wxyzwxyz");
});

it("unpacks a literal whose length has its own byte", () => {
  const text = "合流".repeat(20);
  expect(unpackSnappy(Buffer.concat([Buffer.from([120, 60 << 2, 119]), Buffer.from(text)])).toString()).toBe(text);
});

it.each([
  ["a copy from before the beginning", [4, ((4 - 4) << 2) | 1, 1]],
  ["a literal longer than the block", [4, 9 << 2, 97]],
  ["more than the stated length", [1, 1 << 2, 97, 98]],
])("refuses %s", (_what, packed) => {
  expect(() => unpackSnappy(Buffer.from(packed))).toThrow(RangeError);
});
