import { describe, expect, it } from "vitest";
import type { SubjectName } from "./certificate.ts";
import { isInside } from "./name-constraints.ts";

const uri = (value: string): SubjectName => ({ kind: "uri", value });
const dns = (value: string): SubjectName => ({ kind: "dns", value });
const ip = (...bytes: number[]): SubjectName => ({ kind: "ip", value: Uint8Array.from(bytes) });
const only = (...permitted: SubjectName[]) => ({ critical: true, permitted, excluded: [] });

describe("name constraints", () => {
  it("take a URI by its host alone: exactly, or below a leading dot", () => {
    expect(isInside(uri("spiffe://r1.heliu/node/a"), only(uri("r1.heliu")))).toBe(true);
    expect(isInside(uri("spiffe://x.r1.heliu/node/a"), only(uri("r1.heliu")))).toBe(false);
    expect(isInside(uri("spiffe://x.r1.heliu/node/a"), only(uri(".r1.heliu")))).toBe(true);
    expect(isInside(uri("spiffe://r2.heliu/r1.heliu"), only(uri("r1.heliu")))).toBe(false);
    expect(isInside(uri("spiffe://r1.heliu@r2.heliu/a"), only(uri("r1.heliu")))).toBe(false);
  });

  it("take a DNS name with everything below it, and no look-alike", () => {
    expect(isInside(dns("a.node.example"), only(dns("node.example")))).toBe(true);
    expect(isInside(dns("evilnode.example"), only(dns("node.example")))).toBe(false);
  });

  it("take an address by its mask, and none of the other family", () => {
    expect(isInside(ip(10, 0, 0, 9), only(ip(10, 0, 0, 0, 255, 255, 255, 0)))).toBe(true);
    expect(isInside(ip(10, 0, 1, 9), only(ip(10, 0, 0, 0, 255, 255, 255, 0)))).toBe(false);
    expect(isInside(ip(...Array.from({ length: 16 }, () => 0)), only(ip(0, 0, 0, 0, 0, 0, 0, 0)))).toBe(false);
  });

  it("let an exclusion win, and never hold a kind of name that nothing could constrain", () => {
    const constraints = { critical: true, permitted: [dns("example")], excluded: [dns("b.example")] };
    expect(isInside(dns("a.example"), constraints)).toBe(true);
    expect(isInside(dns("x.b.example"), constraints)).toBe(false);
    expect(isInside({ kind: "other" }, only(dns("example")))).toBe(false);
  });
});
