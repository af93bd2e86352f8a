import { type ExchangeError, refusals } from "../../node/kernel/exchange-error.ts";
import type { StoreFault } from "../../node/storage/port.ts";

const refuse = refusals({
  STORE_FAILED: "unavailable",
  STORE_CORRUPT: "unavailable",
  STORE_CLOSED: "unavailable",
  STORE_LOCKED: "unavailable",
});

const TEXTS = {
  STORE_FAILED: {
    zh: "节点的磁盘写不进去(已满或故障),已停止受理写入,此前答复成功的都在;请管理员腾出空间或更换磁盘后重启节点。",
    en: "The node's disk does not take writes (full or faulty), so it accepts none; what it confirmed before is safe. An administrator has to free space or replace the disk, and restart the node.",
  },
  STORE_CORRUPT: {
    zh: "节点的存储中有一条记录与校验和不符,不能采信,因此不予答复;请管理员从备份恢复。",
    en: "A record in the node's store does not match its checksum and is not answered; an administrator has to restore a backup.",
  },
  STORE_CLOSED: {
    zh: "节点正在停止;请稍后重试。",
    en: "The node is stopping; try again in a while.",
  },
  STORE_LOCKED: {
    zh: "节点的存储被另一进程占用;请管理员检查。",
    en: "Another process holds the node's store; an administrator has to look.",
  },
} as const;

/** What a fault of the store means to whoever asked. */
export function storeError({ code }: StoreFault): ExchangeError {
  return refuse(code, TEXTS[code]).error;
}
