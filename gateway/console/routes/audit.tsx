import type { Hono } from "hono";
import type { StoredLeaf } from "../../../node/audit/leaves.ts";
import { namedLog } from "../../../node/audit/log-names.ts";
import { leafKinds } from "../../../node/audit/model.ts";
import type { Role } from "../../../node/identity/model.ts";
import type { Trust } from "../../../node/identity/trust.ts";
import type { GatewayDeps } from "../../deps.ts";
import { AuditPage } from "../pages/audit.tsx";
import { LeafPage } from "../pages/leaf.tsx";
import type { LeafCheckModel } from "../pages/leaf-check.tsx";
import { page } from "../parts/document.tsx";
import { refuseConsole, refused } from "../refusal.tsx";
import { type ConsoleContext, type ConsoleEnvironment, holds } from "../view.ts";

const PAGE = 50;
/** As in the API: the feed of leaves is for auditors and administrators, single leaves with their proofs for more. */
const READS_FEED: readonly Role[] = ["auditor", "admin"];
const READS_LEAF: readonly Role[] = ["auditor", "finance", "approver", "admin"];

export function auditRoutes(app: Hono<ConsoleEnvironment>, { audit, trust, config }: GatewayDeps): void {
  app.get("/console/audit", async (c) => {
    const view = c.get("view");
    const asked = {
      agreement: given(c, "agreement"),
      subject: given(c, "subject"),
      kind: leafKinds.find((one) => one === c.req.query("kind")),
    };
    // A case that one is working on may be read by who decides about it; the whole feed may not.
    const isCase = asked.agreement !== undefined || asked.subject !== undefined;
    const mayRead = holds(view, ...(isCase ? READS_LEAF : READS_FEED));
    const query = { ...asked, agreementId: asked.agreement, after: given(c, "after"), limit: PAGE };
    const [head, found, findings] = await Promise.all([
      audit.head(),
      mayRead ? audit.leaves(query) : null,
      holds(view, ...READS_FEED) ? audit.findings() : null,
    ]);
    const [leaves, next] = [found?.items ?? null, found?.next ?? null];
    const model = { head, asked, leaves, next, findings };
    return page(c, <AuditPage view={view} model={model} />);
  });

  app.get("/console/audit/checkpoint", async (c) => c.text((await audit.head()).note, 200, file("checkpoint.txt")));

  // A trailing `/*` covers the leaf itself, too.
  app.use("/console/audit/:index/*", requireReader);
  app.get("/console/audit/:index", async (c) => {
    const index = c.req.param("index");
    const stored = await audit.leaf(index);
    if (!stored.ok) return refused(c, stored.error);
    const proof = await audit.proof(index);
    const notYet = proof.ok ? undefined : proof.error;
    const check = proof.ok ? checkOf(trust, config.region.id, stored.value, proof.value) : undefined;
    return page(c, <LeafPage view={c.get("view")} stored={stored.value} notYet={notYet} check={check} />);
  });

  app.get("/console/audit/:index/proof", async (c) => {
    const index = c.req.param("index");
    const [stored, proof] = [await audit.leaf(index), await audit.proof(index)];
    if (!stored.ok) return refused(c, stored.error);
    if (!proof.ok) return refused(c, proof.error);
    // What `heliu audit verify` reads; the bytes of a leaf are canonical JSON and so text.
    const leaf = Buffer.from(stored.value.bytes).toString("utf8");
    return c.body(JSON.stringify({ leaf, proof: proof.value }, null, 2), 200, {
      ...file(`leaf-${index}.proof.json`),
      "content-type": "application/json",
    });
  });

  app.get("/console/audit/:index/tlog-proof", async (c) => {
    const index = c.req.param("index");
    const proof = await audit.proof(index);
    return proof.ok ? c.text(proof.value, 200, file(`leaf-${index}.tlog-proof`)) : refused(c, proof.error);
  });

  app.get("/console/audit/:index/bytes", async (c) => {
    const index = c.req.param("index");
    const stored = await audit.leaf(index);
    if (!stored.ok) return refused(c, stored.error);
    return c.body(stored.value.bytes as Uint8Array<ArrayBuffer>, 200, {
      ...file(`leaf-${index}.json`),
      "content-type": "application/json",
    });
  });
}

/** What the reader's browser needs; undefined without a trust list, which holds the keys. */
function checkOf(trust: Trust, own: string, { bytes }: StoredLeaf, proof: string): LeafCheckModel | undefined {
  const list = trust.current()?.list;
  const region = list?.regions.find(({ id }) => id === own);
  const origin = proof.slice(proof.indexOf("\n\n") + 2).split("\n")[0] ?? "";
  const log = region === undefined ? undefined : namedLog([{ region: own, logVkey: region.logKey }], origin);
  if (list === undefined || log === undefined) return undefined;
  return {
    leaf: Buffer.from(bytes).toString("utf8"),
    proof,
    trustVersion: list.version,
    logKey: log.vkey,
    witnessKeys: list.regions.flatMap(({ witnessKeys }) => witnessKeys),
  };
}

async function requireReader(c: ConsoleContext, next: () => Promise<void>) {
  return holds(c.get("view"), ...READS_LEAF) ? next() : refuseConsole(c, "AUDITOR_ONLY");
}

function given(c: ConsoleContext, name: string): string | undefined {
  const value = c.req.query(name)?.trim().slice(0, 200);
  return value === "" ? undefined : value;
}

function file(name: string) {
  return { "content-disposition": `attachment; filename="${name}"` };
}
