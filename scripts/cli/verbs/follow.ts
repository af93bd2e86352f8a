import type { Command } from "commander";
import type { AuditLeaf } from "../../../node/audit/model.ts";
import { callJson } from "../client.ts";
import { clock, note, plain, print, say, table } from "../output.ts";
import { contextOf, example } from "../verb.ts";

type Item = { readonly index: string; readonly leaf: AuditLeaf; readonly document: unknown };
type Page = {
  readonly log: string;
  readonly items: readonly Item[];
  readonly next: string | null;
  readonly after: string | null;
};
type Finding = {
  readonly kind: string;
  readonly region: string;
  readonly origin: string;
  readonly size: string;
  readonly at: string;
  readonly heardFrom: string | null;
  readonly mendedAt: string | null;
};

/** `heliu audit watch|findings`: what happens, and what is held against other logs. */
export function followVerbs(audit: Command): void {
  example(
    audit
      .command("watch")
      .description("在终端跟随事件流 follow the events in the terminal")
      .option("--after <index>", "从这一条之后开始 after this one; by default only what is new")
      .option("--all", "从头开始 from the beginning")
      .option("--kind <kind>", "只看一类 one kind only")
      .option("--agreement <id>", "只看一份协议 one agreement only")
      .option("--once", "读到当前末尾即结束 end at the present end"),
    "heliu audit watch --all --kind receipt.batch --json",
  ).action(async (options: WatchOptions, command: Command) => {
    const { connection, options: globals } = contextOf(command);
    const at = connection();
    let after = options.all === true ? undefined : (options.after ?? (await newest(at)));
    let log: string | undefined;
    for (;;) {
      const query = new URLSearchParams({ limit: "200", wait: options.once === true ? "0" : "25" });
      if (after !== undefined) query.set("after", after);
      if (log !== undefined) query.set("log", log);
      if (options.kind !== undefined) query.set("kind", options.kind);
      if (options.agreement !== undefined) query.set("agreement", options.agreement);
      const page = await callJson<Page>(at, `/events?${query}`);
      for (const item of page.items) print(globals.json === true ? JSON.stringify(item) : lineOf(item));
      log = page.log;
      after = page.after ?? undefined;
      if (options.once === true && page.next === null) break;
    }
    if (options.once === true && after !== undefined) note(say(`读到第 ${after} 条`, `read up to ${after}`));
  });
  example(
    audit.command("findings").description("对其他地区日志持有的证据 evidence held against other regions' logs"),
    "heliu audit findings",
  ).action(async (_options: unknown, command: Command) => {
    const { connection, answer } = contextOf(command);
    const { items } = await callJson<{ items: Finding[] }>(connection(), "/audit/findings");
    const titles = [say("类型", "kind"), say("地区", "region"), say("日志", "log"), say("大小", "size")];
    const more = [say("发现于", "found"), say("来自", "heard from"), say("已修复", "mended")];
    answer(items, () =>
      items.length === 0
        ? say("没有发现", "Nothing is held against any log")
        : table(
            [...titles, ...more].map((title) => ({ title })),
            items.map((one) => [
              one.kind,
              one.region,
              one.origin,
              one.size,
              clock(one.at),
              one.heardFrom ?? one.region,
              one.mendedAt === null ? "—" : clock(one.mendedAt),
            ]),
          ),
    );
  });
}

type WatchOptions = { after?: string; all?: boolean; kind?: string; agreement?: string; once?: boolean };

/** The last number there is: what comes after it is new. */
async function newest(at: Parameters<typeof callJson>[0]): Promise<string | undefined> {
  const { size } = await callJson<{ size: string }>(at, "/audit/checkpoint");
  return size === "0" ? undefined : String(BigInt(size) - 1n);
}

function lineOf({ index, leaf }: Item): string {
  const { at, kind, subject, actor, detail } = leaf;
  const more = Object.entries(detail).filter(([name]) => !["agreementPrev", "agreementSeq"].includes(name));
  return plain(
    `${index.padStart(6)}  ${clock(at)}  ${kind.padEnd(20)}  ${actor}  ${subject}  ${more.map(([k, v]) => `${k}=${v}`).join(" ")}`,
  );
}
