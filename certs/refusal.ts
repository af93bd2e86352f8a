import { refusals } from "../node/kernel/exchange-error.ts";

/** Every code of this room. */
export const refuse = refusals({
  "certs.bad_request": "invalid-input",
  "certs.wrong_name": "forbidden",
  "certs.no_authority": "not-found",
  "certs.not_initialised": "not-found",
  "certs.already_initialised": "conflict",
  "certs.unmatched_pair": "integrity",
  "certs.bad_serial": "invalid-input",
  "certs.bad_reason": "invalid-input",
  "certs.bad_password": "invalid-input",
  "certs.renewal_refused": "forbidden",
  "enrolment.unknown_token": "unauthenticated",
  "enrolment.used_token": "unauthenticated",
  "enrolment.expired_token": "unauthenticated",
  "enrolment.wrong_authority": "unauthenticated",
  "enrolment.unreachable": "unavailable",
});
