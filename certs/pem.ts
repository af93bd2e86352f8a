/** The bytes inside the first PEM block of that label; undefined when there is none. */
export function derOfPem(pem: string, label: string): Uint8Array | undefined {
  const block = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`).exec(pem);
  return block?.[1] === undefined ? undefined : Buffer.from(block[1], "base64");
}

/** RFC 7468: 64 characters to a line. */
export function pemOfDer(der: Uint8Array, label: string): string {
  const lines = Buffer.from(der)
    .toString("base64")
    .replace(/(.{64})/g, "$1\n")
    .trimEnd();
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
