import type { Command } from "commander";
import type { PartyEnd } from "../../../node/metering/party-end.ts";
import type { Agreement } from "../../../node/negotiation/model.ts";
import { verifyAgreement } from "../../../node/negotiation/verify-agreement.ts";
import { callJson, must } from "../client.ts";
import { readJsonFile } from "../files.ts";
import { language, say, table } from "../output.ts";
import { contextOf, example, limited, listed } from "../verb.ts";

export function agreementVerbs(program: Command): void {
  const agreements = program.command("agreements").description("已签协议 signed agreements");
  example(limited(agreements.command("list").description("列出 list")), "heliu agreements list").action(
    async (options: { limit: string }, command: Command) => {
      const { connection, answer } = contextOf(command);
      const items = await listed<Agreement>(connection(), "/agreements", options);
      answer(items, () =>
        table(
          ["ID", say("条目", "entry"), say("对方", "peer"), say("状态", "status"), say("摘要", "digest")].map(
            (title) => ({ title }),
          ),
          items.map((a) => [a.id, a.entry.name, a.peer, a.status, a.digest.slice(0, 23)]),
        ),
      );
    },
  );
  example(
    agreements
      .command("show <id>")
      .description("签名文档,及已告知退出的参与方 the signed document, and who has said to leave"),
    "heliu agreements show AGR-… > agreement.json",
  ).action(async (id: string, _options: unknown, command: Command) => {
    const { connection, answer } = contextOf(command);
    const found = await callJson(connection(), `/agreements/${encodeURIComponent(id)}/document`);
    answer(found, () => JSON.stringify(found, undefined, 2));
  });
  example(
    agreements
      .command("verify <file>")
      .description("离线核对签名;只需文件与信任列表 verify offline; needs the file and a trust list only")
      .requiredOption("--trust-list <file>"),
    "heliu agreements verify agreement.json --trust-list trust-list.json",
  ).action((file: string, options: { trustList: string }, command: Command) => {
    const verified = must(verifyAgreement(readJsonFile(file), readJsonFile(options.trustList)));
    contextOf(command).answer(verified, () =>
      say(
        `签名有效(${verified.signedBy.join("、")}):${verified.digest}`,
        `The signatures of ${verified.signedBy.join(", ")} are valid: ${verified.digest}`,
      ),
    );
  });
  example(
    agreements
      .command("sign <id>")
      .description("以收益参与方所在地区签署 sign for this region, whose parties the terms pay"),
    "heliu agreements sign AGR-…",
  ).action(async (id: string, _options: unknown, command: Command) => {
    const { connection, answer } = contextOf(command);
    const path = `/agreements/${encodeURIComponent(id)}/sign`;
    const done = await callJson<Agreement>(connection(), path, { body: {} });
    answer(done, () => `${done.id}  ${done.status}  ${done.reason?.text[language()] ?? ""}`);
  });
  example(
    agreements
      .command("refuse <id>")
      .description("拒绝签署 refuse to sign it")
      .requiredOption("--comment <text>", "原因 why")
      .option("--code <code>", "原因代码 reason code"),
    "heliu agreements refuse AGR-… --comment 分成低于成本",
  ).action(async (id: string, options: { comment: string; code?: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const path = `/agreements/${encodeURIComponent(id)}/refuse`;
    const done = await callJson<Agreement>(connection(), path, { body: options });
    answer(done, () => `${done.id}  ${done.status}`);
  });
  example(
    agreements.command("terminate <id>").description("终止 end it").requiredOption("--comment <text>", "原因 why"),
    "heliu agreements terminate AGR-… --comment 职责调整",
  ).action(async (id: string, options: { comment: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const done = await callJson<Agreement>(connection(), `/agreements/${encodeURIComponent(id)}/terminate`, {
      body: options,
    });
    answer(done, () => `${done.id}  ${done.status}`);
  });
  leaveVerb(agreements);
}

function leaveVerb(agreements: Command): void {
  example(
    agreements
      .command("leave <id>")
      .description("登记本地区参与方退出,告知各方 say that a party of this region leaves; the other regions are told")
      .requiredOption("--party <id>", "参与方 which party")
      .requiredOption("--last-day <date>", "最后参与日 YYYY-MM-DD, the last day on which it takes part"),
    "heliu agreements leave AGR-… --party 510100:compute --last-day 2026-12-31",
  ).action(async (id: string, options: { party: string; lastDay: string }, command: Command) => {
    const { connection, answer } = contextOf(command);
    const path = `/agreements/${encodeURIComponent(id)}/parties/${encodeURIComponent(options.party)}/leave`;
    const { lastDay } = options;
    const end = await callJson<PartyEnd>(connection(), path, { body: { lastDay } });
    answer(end, () =>
      say(
        `${end.partyId} 参与至 ${end.lastDay},其后不再分配;已告知各方,不能再改。`,
        `${end.partyId} takes part until ${end.lastDay} and is paid for nothing after it; the other regions are told, and it cannot be changed.`,
      ),
    );
  });
}
