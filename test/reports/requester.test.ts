import { unzipSync } from "fflate";
import { beforeAll, describe, expect, it } from "vitest";
import { reportFor } from "../../gateway/api/reports.ts";
import { type ReportFormat, reportFormats } from "../../gateway/reports/render.ts";
import type { Role } from "../../node/identity/model.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import type { Statement } from "../../node/settlement/model.ts";
import { statementOf } from "../settlement/settled-world.ts";
import { CONSUMER, type Region, type World } from "../settlement/two-regions.ts";
import { pdfPages } from "./pdf-text.ts";
import { reportDepsOf, richWorld } from "./rich-world.ts";
import { yuanShown } from "./yuan-shown.ts";

let world: World;
let statement: Statement;
beforeAll(async () => {
  world = await richWorld();
  statement = (await statementOf(world.consumer(), "2026-10")).statement as Statement;
});

const person = (role: Role) => ({ userId: "u-9", name: "业务", roles: [role] as const, region: CONSUMER });

function ask(role: Role, format: ReportFormat, view?: "bureau" | "requester", at: Region = world.consumer()) {
  const asked = { period: "2026-10", format, agreement: undefined, view, language: "zh" } as const;
  return reportFor(reportDepsOf(world, at), person(role), asked);
}

/** All that a reader of the file could find in it. */
async function textOf(role: Role, format: ReportFormat, view?: "requester"): Promise<string> {
  const { bytes } = mustSucceed(await ask(role, format, view));
  if (format === "pdf") return pdfPages(bytes).join("\n");
  if (format !== "xlsx") return Buffer.from(bytes).toString("utf8");
  return Object.values(unzipSync(bytes))
    .map((part) => Buffer.from(part).toString("utf8"))
    .join("\n");
}

/** Every amount of the statement with enough digits to be recognised. */
function amountsIn(value: unknown): string[] {
  if (typeof value === "string") return /^-?\d{4,}$/.test(value) ? [value.replace("-", "")] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(amountsIn) : [];
}

describe("the requester's view", () => {
  it("is what a requester gets, and what finance gets on asking; the bureau's is refused by role", async () => {
    const own = mustSucceed(await ask("requester", "json"));
    expect(own.filename).toBe("heliu-500000-2026-10-requester.json");
    expect(mustSucceed(await ask("finance", "json", "requester")).bytes).toEqual(own.bytes);
    expect(mustSucceed(await ask("finance", "json")).filename).toBe("heliu-500000-2026-10.json");
    expect(await ask("requester", "json", "bureau")).toMatchObject({ error: { code: "ROLE_REQUIRED" } });
  });

  it("says what its region pays, for which lines, by which receipts and agreement", async () => {
    const report = JSON.parse(await textOf("requester", "json"));
    const [used] = report.agreements;
    expect(used).toMatchObject({
      ...{ agreementId: "AGR-7", amountFen: "919999999999996", disputedFen: "50000", receiptCount: "5" },
      statementDigest: (await statementOf(world.consumer(), "2026-10")).digest,
      disputes: [{ state: "open", receipts: "1" }],
    });
    expect(used.lines.map(({ amountFen }: { amountFen: string }) => amountFen)).toEqual([
      "-480000000000000",
      "399999999999996",
      "1000000000000000",
    ]);
    expect(used.receipts.map(({ bin }: { bin: string }) => bin).sort()).toEqual([
      ...["charged", "charged", "charged", "disputed", "waived"],
    ]);
    for (const format of ["pdf", "xlsx"] as const) {
      expect(await textOf("requester", format)).toContain(
        format === "pdf" ? yuanShown("919999999999996") : "919999999999996",
      );
      expect(await textOf("requester", format)).not.toMatch(/:\d\d\.\d{3}Z/);
    }
  }, 60_000);

  it.each(reportFormats)(
    "lets nothing else out as %s: no party, share, cost, fund, deferral or third region",
    async (format) => {
      // Whom it got the data from is the other end of its own usage account.
      const text = (await textOf("requester", format)).replace(/Equity:Usage:(510100|P-510100-3a):?provider/g, "");
      for (const word of ["440100", "广州", ":provider", ":operator", ":storage", ":fund", "cleaning", "benefit"]) {
        expect(text, word).not.toContain(word);
      }
      const { lines, ...rest } = statement.result;
      const own = lines.flatMap(
        ({ quantity, billableQuantity, effectivePriceMicro, amountFen, netFen, taxFen, disputedFen }) =>
          amountsIn({ quantity, billableQuantity, effectivePriceMicro, amountFen, netFen, taxFen, disputedFen }),
      );
      const allowed = new Set([...own, rest.amountFen, "2026"]);
      const secret = amountsIn({ lines, rest }).filter((fen) => !allowed.has(fen));
      expect(secret.length).toBeGreaterThan(20);
      // Signatures and digests are long enough to hold any four digits by chance; amounts here stand alone or not at all.
      for (const fen of secret) {
        expect(text).not.toMatch(
          new RegExp(`(?<![0-9a-zA-Z+/])(${fen}|${yuanShown(fen).replaceAll(".", "\\.")})(?![0-9a-zA-Z+/])`),
        );
      }
    },
    60_000,
  );

  it("refuses where this region has used nothing, and says who gets what instead", async () => {
    const refused = await ask("requester", "json", undefined, world.provider());
    expect(refused).toMatchObject({ error: { code: "REPORT_NOTHING_USED" } });
    expect(refused.ok ? "" : refused.error.text.zh).toContain("view=bureau");
  });
});
