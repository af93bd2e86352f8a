import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { createGateway } from "../../gateway/app.ts";
import { createConsole } from "../../gateway/console/app.tsx";
import type { Role } from "../../node/identity/model.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { type Logger, silentLogger } from "../../node/kernel/logger.ts";
import { type Harness, type HarnessOptions, sampleEntries, startRegions, until } from "../federation/harness.ts";

export type ConsoleRegion = {
  readonly id: string;
  readonly url: string;
  /** A token of somebody of this region who holds the roles; another person for each name. */
  readonly person: (name: string, ...roles: Role[]) => Promise<string>;
};

export type ConsoleRegions = {
  readonly consumer: ConsoleRegion;
  readonly provider: ConsoleRegion;
  readonly harness: Harness;
  /** Whatever the consoles logged as an error. */
  readonly faults: readonly unknown[];
  readonly stop: () => Promise<void>;
};

/** Two regions with their consoles on loopback; the provider's entries are published and mirrored. */
export async function startConsoles({ settings = {} }: Pick<HarnessOptions, "settings"> = {}): Promise<ConsoleRegions> {
  const [consumer, provider] = ["500000", "510100"] as const;
  const harness = await startRegions({
    regions: [consumer, provider],
    names: { [consumer]: "重庆市", [provider]: "成都市" },
    settings,
  });
  const faults: unknown[] = [];
  const logger: Logger = { ...silentLogger, error: (fields) => void faults.push(fields), child: () => logger };
  const servers: Server[] = [];
  const open = async (id: string): Promise<ConsoleRegion> => {
    const node = harness.region(id).node();
    const deps = { ...node, logger };
    const server = createServer(getRequestListener(createGateway(deps, createConsole(deps)).fetch));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const admin = harness.region(id).as("admin");
    return {
      id,
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      person: async (name, ...roles) => {
        const user = mustSucceed(await node.identity.users.add(admin, { name, roles }));
        return mustSucceed(await node.identity.tokens.create(admin, user.id, { name: "console" })).token;
      },
    };
  };
  const regions = { consumer: await open(consumer), provider: await open(provider) };
  await harness.region(provider).publish(sampleEntries(provider));
  const { search } = harness.region(consumer).node();
  await until(async () => (await search.query({ q: "电梯", region: provider, limit: 1 })).total > 0);
  return {
    ...regions,
    ...{ harness, faults },
    async stop() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
      await harness.stop();
    },
  };
}
