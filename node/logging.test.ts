import { describe, expect, it } from "vitest";
import { createLogger } from "./logging.ts";

describe("a line of the log", () => {
  it.each(["err", "fault"])("tells message and stack of what is logged as %s", (field) => {
    const lines: string[] = [];
    const logger = createLogger("error", {}, { write: (line) => void lines.push(line) });
    logger.error({ [field]: new TypeError("the disk is full") }, "a stream failed");
    const logged = JSON.parse(lines[0] ?? "{}")[field];
    expect(logged).toMatchObject({ type: "TypeError", message: "the disk is full" });
    expect(logged.stack).toContain("logging.test.ts");
  });
});
