import type { Role } from "../../node/identity/model.ts";
import { callJson } from "../cli/client.ts";
import type { Catalogue, Material } from "./material.ts";
import type { Operator } from "./operator.ts";
import type { SoakNode } from "./soak-node.ts";

type Page<T> = { readonly items: readonly T[] };

const ROLES: readonly Role[] = ["publisher", "requester", "approver", "finance", "auditor"];

/** One person per role: nobody in the story approves what they asked for. */
export async function addPeople(operator: Operator, node: SoakNode): Promise<void> {
  for (const role of ROLES) {
    const name = `${node.id}-${role}`;
    const known = async () => {
      const users = await operator.read<Page<{ id: string; name: string }>>(node, "admin", "/users");
      return users.items.find((user) => user.name === name);
    };
    const { id: userId } = await operator.write(node, {
      what: `user ${name}`,
      act: () => callJson<{ id: string; name: string }>(node.as("admin"), "/users", { body: { name, roles: [role] } }),
      happened: known,
    });
    node.tokens[role] = await operator.write(node, {
      what: `token of ${name}`,
      act: async () =>
        (await callJson<{ token: string }>(node.as("admin"), "/tokens", { body: { userId, name } })).token,
      // Its secret is shown once: one that nobody saw is of no use, and another one is made.
      happened: async () => undefined,
      holds: async (token) => token === node.tokens[role] && (await operator.read(node, role, "/me")) !== undefined,
    });
  }
}

/** Imported by one person, confirmed by another. */
export async function publishCatalogue(operator: Operator, node: SoakNode, { file, ids }: Catalogue): Promise<void> {
  const published = async () => {
    const page = await operator.read<Page<{ id: string }>>(node, "auditor", "/catalog/entries?status=published");
    const found = new Set(page.items.map(({ id }) => id));
    return ids.every((id) => found.has(id)) ? true : undefined;
  };
  const importId = await operator.write(node, {
    what: `import of ${ids.length} entries at ${node.id}`,
    act: async () => {
      const path = "/catalog/import?filename=catalog.json&asPublished=true";
      return (await callJson<{ importId: string }>(node.as("publisher"), path, { file })).importId;
    },
    happened: async () => {
      const tasks = await operator.read<Page<{ kind: string; id: string }>>(node, "approver", "/tasks");
      return tasks.items.find(({ kind }) => kind === "import")?.id;
    },
    holds: async () => (await published()) === true,
  });
  await operator.write(node, {
    what: `publication of ${ids.length} entries at ${node.id}`,
    act: async () => {
      await callJson(node.as("approver"), `/catalog/imports/${importId}/confirm`, { method: "POST" });
      return true;
    },
    happened: published,
  });
}

export async function bindSources(operator: Operator, node: SoakNode, material: Material): Promise<void> {
  const csv = (entryId: string, path: string) => ({ kind: "csv", id: entryId, entryId, path });
  const verification = {
    kind: "verification",
    id: "cd-prod-0002",
    entryId: "cd-prod-0002",
    path: material.equipment,
    match: { reg_code: "reg_code", uscc: "user_unit_uscc" },
    answers: {
      registered_flag: { column: "reg_code", op: "present" },
      inspection_valid: { column: "status", op: "neq", value: "红色超期" },
    },
  };
  const sources = [csv("cd-scjg-0001", material.equipment), csv("cd-scjg-0004", material.producers), verification];
  for (const source of sources) {
    await operator.write(node, {
      what: `source ${source.id}`,
      act: () => callJson<{ id: string }>(node.as("publisher"), "/sources", { body: source }),
      happened: async () => {
        const { items } = await operator.read<Page<{ id: string }>>(node, "publisher", "/sources");
        return items.find(({ id }) => id === source.id);
      },
    });
  }
}

export async function untilMirrored(operator: Operator, at: SoakNode, of: SoakNode, ids: readonly string[]) {
  for (const id of ids) {
    const mirrored = () =>
      operator.read<{ id?: string }>(at, "requester", `/federated/entries/${of.id}/${id}`).catch(() => undefined);
    await operator.until(`${at.id} mirrors ${id}`, mirrored, (entry) => entry?.id === id);
  }
}
