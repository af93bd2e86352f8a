import { addressBytes, hostsOf } from "../certs/names.ts";
import { parseCertificatePem } from "./identity/certificate.ts";
import type { TrustedRegion } from "./identity/model.ts";
import { isInside } from "./identity/name-constraints.ts";

/**
 * The hosts of a region's endpoints that its authority may name. One host outside the authority's name constraints, added
 * to the trust list for a further node, would make every peer refuse the next renewed leaf as a whole.
 */
export function leafHosts({ endpoints, caCertificates }: TrustedRegion): string[] {
  const constraints = caCertificates.flatMap((pem) => parseCertificatePem(pem)?.constraints ?? []);
  return hostsOf(endpoints).filter((host) => {
    const address = addressBytes(host);
    const name =
      address === undefined ? ({ kind: "dns", value: host } as const) : ({ kind: "ip", value: address } as const);
    return constraints.some((one) => isInside(name, one));
  });
}
