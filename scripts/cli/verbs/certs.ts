import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import type { RevocationReason } from "../../../certs/crl.ts";
import {
  bundleFor,
  issueForRequest,
  joinRegion,
  openEnrolment,
  renewLeaf,
  revokeSerial,
  type SeenSerial,
  showCertificates,
} from "../../../certs/operations.ts";
import { CliFault, must } from "../client.ts";
import { readTextFile } from "../files.ts";
import { aligned, clock, note, print, say } from "../output.ts";
import { contextOf, example, folderOf, usage } from "../verb.ts";

/** The region's PKI. These verbs work on the node's folder, where the CA's key is; a serving node takes changes up by itself. */
export function certVerbs(program: Command): void {
  const certs = program.command("certs").description("本区域的证书 the region's certificates");
  example(
    certs.command("show").description("CA、节点证书、吊销列表 what there is and when it ends"),
    "heliu certs show --dir /srv/heliu",
  ).action(async (_options: unknown, command: Command) => {
    const { answer, options } = contextOf(command);
    const found = must(await showCertificates(folderOf(options), Date.now()));
    answer(found, () =>
      aligned([
        [
          "CA",
          `${found.ca.fingerprint}  ≤ ${clock(found.ca.notAfter)}${found.ca.hasKey ? "" : say("(私钥不在本机)", " (its key is not here)")}`,
        ],
        [
          say("节点", "leaf"),
          `${found.leaf.spiffeId}  ${found.leaf.serial}  ≤ ${clock(found.leaf.notAfter)}${found.leaf.expired ? say(",已过期", ", expired") : ""}`,
        ],
        ["", say(`将于 ${clock(found.leaf.renewsAt)} 自动续期`, `renews itself at ${clock(found.leaf.renewsAt)}`)],
        ...found.revoked.map((one) => [say("吊销", "revoked"), `${one.serial}  ${clock(one.at)}  ${one.reason}`]),
      ]),
    );
  });
  issueVerb(certs);
  example(
    certs.command("renew").description("立即换发节点证书 a new leaf with a new key, now"),
    "heliu certs renew --dir /srv/heliu",
  ).action(async (_options: unknown, command: Command) => {
    const { answer, options } = contextOf(command);
    const renewed = must(await renewLeaf(folderOf(options), Date.now()));
    answer(renewed, () => say(`新证书 ${renewed.serial}`, `New leaf ${renewed.serial}`));
  });
  example(
    certs
      .command("revoke <serial>")
      .description("吊销;运行中的节点随即断开它的连接 revoke; live connections of it are closed")
      .option("--reason <reason>", "unspecified keyCompromise cessationOfOperation superseded", "unspecified"),
    "heliu certs revoke 4f1c… --reason keyCompromise",
  ).action(async (serial: string, { reason }: { reason: string }, command: Command) => {
    const { answer, options } = contextOf(command);
    const revoked = must(
      await revokeSerial(folderOf(options), { serial, reason: reason as RevocationReason }, Date.now()),
    );
    const { number, serial: listed, seen } = revoked;
    answer({ number, serial: listed, seen }, () =>
      [
        say(`吊销列表第 ${number} 版`, `Revocation list number ${number}`),
        ...SEEN[seen].map((one) => one(listed)),
      ].join("\n"),
    );
  });
  bundleVerb(certs);
}

/** A slip in a serial is listed like any other; whoever typed it has to hear of it. */
const SEEN: { readonly [seen in SeenSerial]: readonly ((serial: string) => string)[] } = {
  here: [],
  "not-here": [
    (serial) =>
      say(
        `序列号 ${serial} 不是本节点现用的证书,本机也不保存签发记录;请到持有该证书的节点用 heliu certs show 核对。`,
        `The serial ${serial} is not of this node's present leaf, and what was issued is not kept here; check it with heliu certs show at the node that holds the leaf.`,
      ),
  ],
  "never-issued": [
    (serial) =>
      say(
        `注意:本区域从未签发过 ${serial} 这种形式的序列号(应为 32 位十六进制,以 4 至 7 开头),想吊销的证书可能仍然有效;请用 heliu certs show 核对后重新吊销。`,
        `Note: this region never issues serials such as ${serial} (they have 32 hex digits and begin with 4 to 7), so the certificate that was meant may still be valid; check it with heliu certs show and revoke again.`,
      ),
  ],
};

type IssueOptions = { csr?: string; node: string; host: string[]; out?: string; listen?: string };

function issueVerb(certs: Command): void {
  example(
    certs
      .command("issue")
      .description(
        "为本区域的另一节点签发 a leaf for another node of this region: from its request, or by a one-time token",
      )
      .requiredOption("--node <name>", "节点名称 the node's name")
      .requiredOption("--host <host...>", "它监听的主机 where it listens")
      .option("--csr <file>", "PKCS#10")
      .option("--out <file>", "写到哪里 where to")
      .option(
        "--listen <host:port>",
        "等待新节点凭一次性令牌登记,一小时内有效 wait for the new node, which shows a token",
      ),
    "heliu certs issue --csr node2.csr --node node2 --host 10.0.0.2 --out node2.crt",
    "heliu certs issue --node node2 --host 10.0.0.2 --listen 10.0.0.1:8519",
  ).action(async (given: IssueOptions, command: Command) => {
    const { answer, options } = contextOf(command);
    if (given.listen !== undefined) return listenForNode(folderOf(options), given, given.listen);
    if (given.csr === undefined || given.out === undefined) throw neitherWay();
    const request = { csrPem: readTextFile(given.csr), nodeName: given.node, hosts: given.host };
    writeFileSync(given.out, must(await issueForRequest(folderOf(options), request, Date.now())));
    answer({ file: given.out }, () => given.out ?? "");
  });
  example(
    certs
      .command("join")
      .description("新节点凭一次性令牌登记 the new node's side: its first leaf, into its own folder")
      .requiredOption("--at <host:port>", "保存 CA 的节点 where issue --listen waits")
      .requiredOption("--node <name>", "节点名称 the node's name")
      .requiredOption("--host <host...>", "它监听的主机 where it listens")
      .requiredOption("--trust-domain <domain>", "r510100.heliu"),
    "HELIU_ENROLMENT_TOKEN=… heliu certs join --at 10.0.0.1:8519 --node node2 --host 10.0.0.2 --trust-domain r510100.heliu --dir /srv/node2",
  ).action(async (given: { at: string; node: string; host: string[]; trustDomain: string }, command: Command) => {
    const { answer, options } = contextOf(command);
    const { trustDomain, node: nodeName, host: hosts } = given;
    const joined = must(
      await joinRegion(folderOf(options), {
        authority: placeOf(given.at),
        // Not an option: what stands on the command line is visible to every user of the machine.
        token: process.env.HELIU_ENROLMENT_TOKEN ?? "",
        ...{ trustDomain, nodeName, hosts },
      }),
    );
    answer(joined, () => say(`已登记为 ${joined.spiffeId}`, `Enrolled as ${joined.spiffeId}`));
  });
}

/** Prints the token and serves nothing but the enrolment, until Ctrl-C. */
async function listenForNode(dir: string, { node, host }: IssueOptions, at: string): Promise<void> {
  const listen = { ...placeOf(at), onFault: (fault: unknown) => note(String(fault)) };
  const opened = must(await openEnrolment(dir, { nodeName: node, hosts: host }, listen, Date.now));
  print(opened.token);
  note(
    say(
      `正在等待 ${node} 登记(令牌一小时内有效,只能用一次);按 Ctrl-C 结束。`,
      `Waiting for ${node} to enrol (the token lasts an hour and works once); Ctrl-C ends it.`,
    ),
  );
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await opened.close();
}

function placeOf(text: string): { host: string; port: number } {
  const [, host, port] = /^\[?([^\]]+?)\]?:([0-9]{1,5})$/.exec(text) ?? [];
  if (host !== undefined && port !== undefined) return { host, port: Number(port) };
  throw new CliFault(
    "CLI_PLACE",
    { zh: `${text} 不是 主机:端口 的形式。`, en: `${text} is not of the form host:port.` },
    { exitCode: 2 },
  );
}

function neitherWay(): CliFault {
  return new CliFault(
    "CLI_USAGE",
    {
      zh: "请给出 --csr 和 --out,或用 --listen 等待新节点登记。",
      en: "Give --csr and --out, or wait for the new node with --listen.",
    },
    { exitCode: 2 },
  );
}

function bundleVerb(certs: Command): void {
  example(
    certs
      .command("bundle <operator>")
      .description("操作员浏览器用的 PKCS#12 for an operator's browser; the password comes from HELIU_BUNDLE_PASSWORD")
      .requiredOption("--out <file>", "写到哪里 where to"),
    "HELIU_BUNDLE_PASSWORD=… heliu certs bundle zhang --out zhang.p12",
  ).action(async (operator: string, given: { out: string }, command: Command) => {
    const { answer, options } = contextOf(command);
    if (!/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u.test(operator)) {
      throw usage({
        zh: `操作员名 ${operator} 不可用;请用字母、汉字、数字、点、下划线或连字符,至多 64 个。`,
        en: `${operator} cannot be an operator's name; use letters, digits, dot, underscore and hyphen, at most 64.`,
      });
    }
    // Not an option: a password on the command line is visible to every user of the machine.
    const password = process.env.HELIU_BUNDLE_PASSWORD;
    if (password === undefined || password.length < 12) {
      throw new CliFault(
        "CLI_PASSWORD",
        {
          zh: "请在环境变量 HELIU_BUNDLE_PASSWORD 中提供至少 12 个字符的口令。",
          en: "Give a password of at least 12 characters in HELIU_BUNDLE_PASSWORD.",
        },
        { exitCode: 2 },
      );
    }
    writeFileSync(given.out, must(await bundleFor(folderOf(options), { operator, password }, Date.now())), {
      mode: 0o600,
    });
    answer({ file: given.out }, () => given.out);
  });
}
