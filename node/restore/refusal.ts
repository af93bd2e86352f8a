import { refusals } from "../kernel/exchange-error.ts";

const refuse = refusals({
  RESTORE_NODES_RUN: "conflict",
  RESTORE_PEER_AWAY: "unavailable",
  RESTORE_RECORD: "integrity",
  RESTORE_UNFINISHED: "integrity",
});

export function refuseRecord(kind: string, peer: string) {
  return refuse(
    "RESTORE_RECORD",
    {
      zh: `地区 ${peer} 交回的一条${kind}记录格式或当事方不符,未采用;请与该地区核对。`,
      en: `A record (${kind}) that region ${peer} gave back is malformed or not of this region; it was not taken. Compare with that region.`,
    },
    { kind, peer },
  );
}

export function peerAway(region: string, why: string) {
  return refuse(
    "RESTORE_PEER_AWAY",
    {
      zh: `连不上地区 ${region}(${why}),而它可能持有更新的记录;请待其恢复后再运行 heliu restore,或在确认后用 --without ${region}。`,
      en: `Region ${region} cannot be reached (${why}), and may hold newer records; run heliu restore once it is back, or give --without ${region} if you are sure.`,
    },
    { region, why },
  );
}

export function nodesRun() {
  return refuse("RESTORE_NODES_RUN", {
    zh: "本地区还有节点在使用这个数据库,恢复期间它会继续编号和签名;请先停止本地区的全部节点,再运行 heliu restore。",
    en: "Another node of this region is at work on this database, and would go on giving out numbers and signing; stop all nodes of the region, then run heliu restore.",
  });
}

export function unfinished() {
  return refuse("RESTORE_UNFINISHED", {
    zh: "上一次 heliu restore 没有完成;请再次运行它(会从中断处继续),完成后再启动节点。",
    en: "The last heliu restore was not finished; run it again (it goes on where it stopped), then start the node.",
  });
}
