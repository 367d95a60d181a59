// A provider of OpenID Connect on PORT, for one client that comes back to REDIRECT_URI.
"use strict";

const path = require("node:path");
const { pathToFileURL } = require("node:url");

const { NODE_PATH, PORT, REDIRECT_URI } = process.env;
const issuer = `http://127.0.0.1:${PORT}`;

// Whoever types a name is that person; the provider has verified the addresses of those who are not new.
const account = (id) => ({
  accountId: id,
  claims: async () => ({ sub: `sub-${id}`, email: id, email_verified: !id.startsWith("new") }),
});

async function main() {
  const entry = path.join(NODE_PATH, "oidc-provider", "lib", "index.js");
  const { default: Provider } = await import(pathToFileURL(entry));
  const provider = new Provider(issuer, {
    clients: [{ client_id: "tocsin", client_secret: "s3cret & more", redirect_uris: [REDIRECT_URI] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    pkce: { required: () => true },
    findAccount: (_context, id) => account(id),
    cookies: { keys: ["for these tests alone"] },
  });
  provider.listen(Number(PORT), "127.0.0.1", () => console.log("ready"));
}

main().catch((error) => { console.error(error); process.exit(1); });
