import { setTimeout as delay } from "node:timers/promises";
import type { NodeConfig } from "./config.ts";
import type { ExchangeError } from "./kernel/exchange-error.ts";
import type { Logger } from "./kernel/logger.ts";
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

/** Starts a node, keeps it until SIGTERM or SIGINT, stops it gracefully. Never returns before the process may end. */
export async function serveUntilStopped(
  config: NodeConfig,
  logger: Logger,
  start: () => Promise<Running>,
): Promise<void> {
  let running: Running;
  try {
    running = await start();
  } catch (fault) {
    process.stderr.write(`heliu: ${explain(fault, config)}\n`);
    process.exitCode = 1;
    return;
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

type SystemFault = Error & { code?: string; port?: number; address?: string };

function explain(fault: unknown, config: NodeConfig): string {
  if (fault instanceof StartFault) return fault.message;
  if (fault instanceof StoreFault) return storeLine(fault, config);
  const { code, port, address } = fault as SystemFault;
  if (code === "EADDRINUSE") {
    return `端口 ${address}:${port} 已被占用;请停掉占用它的程序,或在 heliu.yaml 换一个端口。Port ${address}:${port} is in use; stop what uses it or choose another in heliu.yaml. [PORT_IN_USE]`;
  }
  if (code === "EACCES") {
    return `没有权限监听或读取 ${address ?? config.dir}${port === undefined ? "" : `:${port}`};请检查权限。Not permitted to use it; check permissions. [PERMISSION]`;
  }
  if (code === "ENOSPC")
    return `磁盘已满(${config.dir});请腾出空间后重新启动。The disk is full; free some space and start again. [DISK_FULL]`;
  return (fault as Error).stack ?? String(fault);
}

function storeLine(fault: StoreFault, { dir }: NodeConfig): string {
  const remedies = {
    STORE_LOCKED: `另一个进程正在使用 ${dir} 的存储;请先停掉它。Another process uses the store in ${dir}; stop it first.`,
    STORE_CORRUPT: `${dir} 的存储有损坏的记录;请不要继续写入,从备份恢复后再启动。The store in ${dir} holds a damaged record; do not write to it, restore a backup.`,
    STORE_FAILED: `${dir} 的存储写入失败(磁盘满或损坏);请检查磁盘后重新启动。Writing to the store in ${dir} failed (disk full or faulty); check the disk and start again.`,
    STORE_CLOSED: `${dir} 的存储已关闭。The store in ${dir} is closed.`,
  };
  return `${remedies[fault.code]} (${fault.message}) [${fault.code}]`;
}
