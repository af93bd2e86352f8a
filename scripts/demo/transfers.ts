import { createHash } from "node:crypto";
import type { Transfer } from "../../node/transfer/model.ts";
import { CliFault, call, callJson } from "../cli/client.ts";
import type { Agreements } from "./agreements.ts";
import { chapter, expectThat, tell, until } from "./narrate.ts";
import { as, type DemoRegion } from "./region.ts";

const at = (id: string) => `/transfers/${encodeURIComponent(id)}`;

/** Data moves under the agreements: narrowed, masked, suspended and resumed, with receipts signed by both meanwhile. */
export async function narrateTransfers(chengdu: DemoRegion, chongqing: DemoRegion, agreements: Agreements) {
  chapter(
    4,
    "传输:投影、行过滤、脱敏、限量;暂停与续传",
    "Transfers: projection, row filter, masking, volume; suspend and resume",
  );
  const small = await complete(chongqing, await start(chongqing, agreements.auto.id));
  await sameContent(chengdu, chongqing, small);
  tell(
    `生产单位许可 ${small.rows} 行,双方内容哈希相同`,
    `Producers: ${small.rows} rows, the same content hash on both sides`,
  );
  const large = await suspendedAndResumed(chongqing, agreements.approved.id);
  const text = await sameContent(chengdu, chongqing, large);
  checkMasks(text);
  tell(
    `特种设备登记 ${large.rows} 行:只有约定的 8 个字段,信用代码为散列、地址部分遮盖;${large.receipts} 张双签凭据`,
    `Register: ${large.rows} rows, only the 8 agreed fields, credit codes hashed and addresses masked; ${large.receipts} receipts signed by both`,
  );
  await volumeLimitHolds(chongqing, agreements.approved.id);
  const outside = await outsideChannel(chongqing, agreements.outside.id);
  return {
    transfers: [small, large].map(({ id, rows, bytes, sha256, receipts }) => ({
      id,
      rows: Number(rows),
      bytes: Number(bytes),
      sha256,
      receipts: Number(receipts),
    })),
    outside,
  };
}

async function start(region: DemoRegion, agreementId: string, selection: object = {}): Promise<Transfer> {
  return callJson<Transfer>(as(region, "requester"), "/transfers", { body: { agreementId, selection } });
}

const look = (region: DemoRegion, id: string) => () => callJson<Transfer>(as(region, "requester"), at(id));

async function complete(region: DemoRegion, transfer: Transfer): Promise<Transfer> {
  return until(`transfer ${transfer.id} completes`, look(region, transfer.id), (t) => t.state === "COMPLETED", 30_000);
}

async function suspendedAndResumed(region: DemoRegion, agreementId: string): Promise<Transfer> {
  const started = await start(region, agreementId);
  await until("two batches arrived", look(region, started.id), (t) => Number(t.batches) >= 2);
  await callJson(as(region, "requester"), `${at(started.id)}/suspend`, { body: { comment: "演示暂停" } });
  const held = await until("it is suspended", look(region, started.id), (t) => t.state === "SUSPENDED");
  tell(`传到 ${held.rows} 行时暂停`, `Suspended after ${held.rows} rows`);
  await callJson(as(region, "requester"), `${at(started.id)}/resume`, { body: {} });
  const done = await complete(region, started);
  expectThat(Number(done.rows) === 14_253, "14,253 rows, none twice and none missing", done.rows);
  tell(
    `续传完成,已到的 ${held.rows} 行没有重发`,
    `Resumed to the end; the ${held.rows} rows that had arrived were not sent again`,
  );
  return done;
}

async function sameContent(provider: DemoRegion, consumer: DemoRegion, done: Transfer): Promise<string> {
  const content = await (await call(as(consumer, "requester"), `${at(done.id)}/content`)).text();
  const sha256 = createHash("sha256").update(content, "utf8").digest("hex");
  expectThat(done.sha256 === sha256, "the file's hash equals the transfer's", [done.sha256, sha256]);
  const theirs = await until(
    "the provider has completed too",
    async () =>
      (await callJson<{ items: Transfer[] }>(as(provider, "publisher"), "/transfers?limit=100")).items.find(
        (t) => t.peerPid === done.id,
      ),
    (t) => t?.state === "COMPLETED",
  );
  expectThat(theirs?.sha256 === done.sha256, "the same content hash at the provider", [theirs?.sha256, done.sha256]);
  return content;
}

function checkMasks(text: string): void {
  const [header = "", first = ""] = text.split("\n");
  expectThat(
    header ===
      "reg_code,category_code,category_name,user_unit_uscc,user_unit_name,use_address,next_inspect_date,status",
    "only the agreed fields",
    header,
  );
  expectThat(!text.includes("91510113"), "no credit code in the clear", first);
  expectThat(first.includes("*"), "addresses partly masked", first);
}

/** The agreement allows 40,000 rows in all: the third time the whole register no longer fits. */
async function volumeLimitHolds(region: DemoRegion, agreementId: string): Promise<void> {
  await complete(
    region,
    await start(region, agreementId, { rows: [{ field: "category_code", op: "eq", value: "3000" }] }),
  );
  const narrowed = "reg_code";
  const many = await complete(region, await start(region, agreementId, { fields: [narrowed] }));
  const tooMany = await start(region, agreementId);
  const stopped = await until(
    "the volume limit stops it",
    look(region, tooMany.id),
    (t) => t.state === "TERMINATED" || t.state === "SUSPENDED",
    30_000,
  );
  expectThat(stopped.reason?.code === "QUOTA_EXCEEDED", "stopped by the agreed volume", stopped.reason);
  tell(
    `协议总量 40,000 行:电梯 4,102 行、全量编号 ${many.rows} 行之后,第四次在限额处停止(${stopped.reason?.code})`,
    `Agreed volume 40,000 rows: after 4,102 lifts and ${many.rows} codes the fourth transfer stops at the limit (${stopped.reason?.code})`,
  );
}

async function outsideChannel(region: DemoRegion, agreementId: string) {
  const refusal = await start(region, agreementId).then(
    () => undefined,
    (fault: unknown) => fault as CliFault,
  );
  expectThat(
    refusal instanceof CliFault && refusal.code === "CHANNEL_OUTSIDE",
    "an entry without a source passes nothing here",
    refusal?.code,
  );
  tell(
    `无来源的条目由协议指明的外部通道交付,本节点不过数(${refusal?.code})`,
    `An entry without a source goes by the outside channel its agreement names; nothing passes here (${refusal?.code})`,
  );
  return { agreementId, code: refusal?.code ?? "" };
}
