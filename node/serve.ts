import { setTimeout as delay } from "node:timers/promises";
import type { NodeConfig } from "./config.ts";
import type { ExchangeError } from "./kernel/exchange-error.ts";
import type { Logger } from "./kernel/logger.ts";
import type { Text } from "./kernel/text.ts";
import { StoreFault } from "./storage/port.ts";

/** Longer than a batch takes; a supervisor that waits less kills, and loses nothing either. */
const STOP_LIMIT_MS = 10_000;

/** A start that cannot be: one line, what, why, what to do. */
export class StartFault extends Error {
  readonly error: ExchangeError;
  constructor(error: ExchangeError) {
    super(`${error.text.zh}\n${error.text.en}`);
    this.error = error;
  }
}

type Running = { readonly stop: () => Promise<void> };

/**
 * Starts a node, keeps it until SIGTERM or SIGINT, stops it gracefully. Never returns before the process may end.
 *
 * @throws StartFault in the reader's words, when it cannot start
 */
export async function serveUntilStopped(
  config: NodeConfig,
  logger: Logger,
  start: () => Promise<Running>,
): Promise<void> {
  let running: Running;
  try {
    running = await start();
  } catch (fault) {
    const { code, text } = explainStart(fault, config);
    if (code === "START_FAILED") logger.error({ err: fault }, "the node did not start");
    throw new StartFault({ kind: "unavailable", code, text });
  }
  const signal = await new Promise<string>((resolve) => {
    process.once("SIGTERM", () => resolve("SIGTERM"));
    process.once("SIGINT", () => resolve("SIGINT"));
  });
  logger.info({ signal }, "stopping");
  const stopped = await Promise.race([running.stop().then(() => true), delay(STOP_LIMIT_MS, false, { ref: false })]);
  if (stopped) logger.info({}, "stopped");
  else
    logger.error(
      { limitMs: STOP_LIMIT_MS },
      "not everything stopped in time; ending anyway, nothing acknowledged is lost",
    );
  process.exit(stopped ? 0 : 1);
}

type SystemFault = Error & { code?: string; port?: number; address?: string; path?: string };

/** One line: what, why, what to do, and the code to look it up by. A fault nobody foresaw is in the log with its stack. */
export function explainStart(fault: unknown, config: NodeConfig): { readonly code: string; readonly text: Text } {
  if (fault instanceof StartFault) return fault.error;
  if (fault instanceof StoreFault) return { code: fault.code, text: storeText(fault, config) };
  const { code, port, address, path } = fault as SystemFault;
  const place = port === undefined ? (path ?? address ?? config.dir) : `${address}:${port}`;
  if (code === "EADDRINUSE") return { code: "PORT_IN_USE", text: portInUse(place, port, config) };
  if (code === "EADDRNOTAVAIL")
    return {
      code: "ADDRESS_UNKNOWN",
      text: {
        zh: `本机没有地址 ${place};请在 ${config.dir}/heliu.yaml 改正 host。`,
        en: `This machine has no address ${place}; correct host in ${config.dir}/heliu.yaml.`,
      },
    };
  if (code === "EACCES" || code === "EPERM")
    return {
      code: "PERMISSION",
      text: {
        zh: `没有权限使用 ${place};请检查属主与权限(1024 以下的端口需要特权)。`,
        en: `Not permitted to use ${place}; check owner and mode (ports below 1024 need a privilege).`,
      },
    };
  if (code === "ENOSPC")
    return {
      code: "DISK_FULL",
      text: {
        zh: `${config.dir} 所在磁盘已满;请腾出空间后重新启动。`,
        en: `The disk of ${config.dir} is full; free some space and start again.`,
      },
    };
  return { code: "START_FAILED", text: unforeseen(fault) };
}

function portInUse(place: string, port: number | undefined, { http, rpc, dsp, dir }: NodeConfig): Text {
  const setting = Object.entries({ "http.port": http, "rpc.port": rpc, "dsp.port": dsp }).find(
    ([, one]) => one.port === port,
  )?.[0];
  const name = setting ?? "port";
  const variable = `HELIU_${name.replace(".", "_").toUpperCase()}`;
  return {
    zh: `端口 ${place}(${name})已被占用;请停掉占用它的程序,或在 ${dir}/heliu.yaml 或用 ${variable} 换一个端口(区域端口还须写入信任列表)。`,
    en: `Port ${place} (${name}) is in use; stop what uses it, or choose another in ${dir}/heliu.yaml or with ${variable} (ports between regions stand in the trust list too).`,
  };
}

function unforeseen(fault: unknown): Text {
  const what = (fault as Error).message ?? String(fault);
  return {
    zh: `启动失败:${what};细节在上面的日志里,请检查节点目录后重试。`,
    en: `The node did not start: ${what}; the log above says more, look at the node's folder and try again.`,
  };
}

function storeText(fault: StoreFault, { dir }: NodeConfig): Text {
  const texts = {
    STORE_LOCKED: {
      zh: `另一个进程正在使用 ${dir} 的存储;请先停掉它,或为本节点另建目录。`,
      en: `Another process uses the store in ${dir}; stop it first, or give this node a folder of its own.`,
    },
    STORE_CORRUPT: {
      zh: `${dir} 的存储有损坏(${fault.message});请不要继续写入,从备份恢复后再启动。`,
      en: `The store in ${dir} is damaged (${fault.message}); do not write to it, restore a backup, then start.`,
    },
    STORE_FAILED: {
      zh: `${dir} 的存储读写失败,磁盘可能已满或有故障(${fault.message});请检查磁盘后重新启动。`,
      en: `The store in ${dir} cannot be read or written, its disk may be full or faulty (${fault.message}); check the disk and start again.`,
    },
    STORE_CLOSED: { zh: `${dir} 的存储已关闭。`, en: `The store in ${dir} is closed.` },
  };
  return texts[fault.code];
}
