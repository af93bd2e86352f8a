import { ok, type Result } from "../kernel/exchange-error.ts";
import type { IdentityDeps } from "./deps.ts";
import type { Principal } from "./model.ts";
import { createPasswordHasher } from "./password.ts";
import { authenticateSession, createSession, endSession, SESSION_PREFIX, type Session, signIn } from "./sessions.ts";
import { authenticateToken, createToken, listTokens, type NewToken, revokeToken, type Token } from "./tokens.ts";
import {
  addFirstAdministrator,
  addUser,
  disableUser,
  enableUser,
  listUsers,
  type NewUser,
  type User,
} from "./users.ts";

/** The people and programs of this node. Whoever acts is given as a principal; this room decides whether they may. */
export type Identity = {
  readonly users: {
    readonly add: (actor: Principal, user: NewUser) => Promise<Result<User>>;
    /** In a node without users; with a token, since `heliu` needs one to go on. */
    readonly addFirstAdministrator: (
      user: Omit<NewUser, "roles">,
    ) => Promise<Result<{ readonly user: User; readonly token: string; readonly principal: Principal }>>;
    readonly disable: (actor: Principal, id: string) => Promise<Result<User>>;
    readonly enable: (actor: Principal, id: string) => Promise<Result<User>>;
    readonly list: () => Promise<User[]>;
  };
  readonly tokens: {
    readonly create: (
      actor: Principal,
      userId: string,
      token: NewToken,
    ) => Promise<Result<{ readonly id: string; readonly token: string }>>;
    readonly revoke: (actor: Principal, id: string) => Promise<Result<Token>>;
    readonly list: (userId?: string) => Promise<Token[]>;
  };
  readonly sessions: {
    readonly create: (userIdOrToken: string) => Promise<Result<Session>>;
    readonly createWithPassword: (name: string, password: string) => Promise<Result<Session>>;
    readonly end: (session: string) => Promise<void>;
  };
  /** Of a token (`hlu_…`) or a session (`hls_…`). */
  readonly authenticate: (bearer: string) => Promise<Result<Principal>>;
  readonly authenticateSession: (session: string) => Promise<Result<Principal>>;
};

export function createIdentity(given: Omit<IdentityDeps, "passwords"> & Partial<IdentityDeps>): Identity {
  const deps: IdentityDeps = { ...given, passwords: given.passwords ?? createPasswordHasher() };
  return {
    users: {
      add: (actor, user) => addUser(deps, actor, user),
      addFirstAdministrator: async (user) => {
        const added = await addFirstAdministrator(deps, user);
        if (!added.ok) return added;
        const { id, name, roles } = added.value;
        const principal: Principal = { userId: id, name, roles, region: deps.region };
        const token = await createToken(deps, principal, id, { name: "heliu init" });
        return token.ok ? ok({ user: added.value, token: token.value.token, principal }) : token;
      },
      disable: (actor, id) => disableUser(deps, actor, id),
      enable: (actor, id) => enableUser(deps, actor, id),
      list: () => listUsers(deps),
    },
    tokens: {
      create: (actor, userId, token) => createToken(deps, actor, userId, token),
      revoke: (actor, id) => revokeToken(deps, actor, id),
      list: (userId) => listTokens(deps, userId),
    },
    sessions: {
      create: (userIdOrToken) => createSession(deps, userIdOrToken),
      createWithPassword: (name, password) => signIn(deps, name, password),
      end: (session) => endSession(deps, session),
    },
    authenticate: async (bearer) => {
      if (bearer.startsWith(SESSION_PREFIX)) return authenticateSession(deps, bearer);
      const held = await authenticateToken(deps, bearer);
      return held.ok ? ok(held.value.principal) : held;
    },
    authenticateSession: (session) => authenticateSession(deps, session),
  };
}
