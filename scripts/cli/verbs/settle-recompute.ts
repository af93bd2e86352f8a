import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { statementKeyIn } from "../../../node/evidence/keys.ts";
import { examine, type KeyRing, type StatementBundle } from "../../../node/settlement/recompute.ts";
import { call } from "../client.ts";
import { readJsonFile, trustListIn } from "../files.ts";
import { language, plain, say, yuan } from "../output.ts";
import { contextOf, example } from "../verb.ts";

type Recompute = { readonly bundle: string; readonly trustList?: string };

/** What an auditor does with a statement: fetch it with everything it follows from, and compute it again without any node. */
export function recomputeVerbs(settle: Command): void {
  example(
    settle
      .command("bundle <period>")
      .description("导出结算包 export a statement with all it follows from")
      .requiredOption("--agreement <id>", "协议 agreement")
      .requiredOption("--out <file>", "写到哪里 where to"),
    "heliu settle bundle 2026-10 --agreement AGR-7 --out bundle.json",
  ).action(async (period: string, options: { agreement: string; out: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const path = `/settlements/${encodeURIComponent(period)}/bundle?agreement=${encodeURIComponent(options.agreement)}`;
    const bytes = Buffer.from(await (await call(connection(), path)).arrayBuffer());
    writeFileSync(options.out, bytes);
    answer({ file: options.out, bytes: bytes.length }, () => options.out);
  });
  example(
    settle
      .command("recompute")
      .description("离线重算结算单 compute a statement again, offline; needs no node")
      .requiredOption("--bundle <file>", "heliu settle bundle 写出的结算包 what heliu settle bundle wrote")
      .option("--trust-list <file>", "您自己持有的信任列表 a trust list that you hold yourself"),
    "heliu settle recompute --bundle bundle.json --trust-list trust-list.json",
  ).action((options: Recompute, command: Command) => {
    const { answer } = contextOf(command);
    const bundle = readJsonFile<StatementBundle>(options.bundle);
    const { recomputed, faults } = examineFile(bundle, options.trustList);
    const keys = options.trustList === undefined ? "bundle" : "trust-list";
    answer({ ok: faults.length === 0, keys, recomputed, faults }, () => {
      if (faults.length > 0 || recomputed === null) {
        const lines = faults.map(({ code, text }) => `✗ ${plain(text[language()])} [${code}]`);
        return [say(`未通过:${faults.length} 处不符`, `does not hold: ${faults.length} faults`), ...lines].join("\n");
      }
      const { receipts, amountFen, digest, signedBy } = recomputed;
      return [
        say(
          `✓ 由 ${receipts} 张凭据重算,金额 ${yuan(amountFen)} 元,与双方签署的结算单逐字节相同`,
          `✓ computed again from ${receipts} receipts: CNY ${yuan(amountFen)}, byte for byte the statement that was signed`,
        ),
        say(`✓ 签名有效:${signedBy.join("、")}`, `✓ valid signatures: ${signedBy.join(", ")}`),
        `  ${digest}`,
        ...(keys === "bundle"
          ? [
              say(
                "! 公钥取自结算包本身;请用 --trust-list 与您持有的信任列表核对",
                "! The keys are the bundle's own; give --trust-list to check them against a list that you hold",
              ),
            ]
          : []),
      ].join("\n");
    });
    if (faults.length > 0) process.exitCode = 1;
  });
}

function examineFile(bundle: StatementBundle, trustList: string | undefined) {
  const list = trustList === undefined ? undefined : trustListIn(trustList);
  const keys: KeyRing = (region, keyId) => {
    if (list !== undefined) return statementKeyIn(list, region, keyId);
    const key = bundle.keys.find((one) => one.region === region && one.keyId === keyId);
    return key === undefined ? undefined : Buffer.from(key.publicKey, "base64");
  };
  return examine(bundle, keys);
}
