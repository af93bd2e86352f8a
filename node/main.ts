import { composeNode } from "./compose.ts";
import type { NodeConfig } from "./config.ts";
import { createLogger } from "./logging.ts";
import { serveUntilStopped } from "./serve.ts";

/** A headless node: gRPC and workers, no HTTP. */
export function serve(config: NodeConfig): Promise<void> {
  const logger = createLogger(config.log.level, { region: config.region.id, node: config.node.name });
  return serveUntilStopped(config, logger, async () => {
    const node = await composeNode(config, { logger });
    await node.start();
    return node;
  });
}
