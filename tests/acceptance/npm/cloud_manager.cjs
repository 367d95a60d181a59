// Three clients that answer HTTP digests. "<server> <project> <alert>" lists, reads, acknowledges and releases with
// each, and prints as JSON what came back. The keys are PUBLIC_KEY and PRIVATE_KEY.

const [address, group, alert] = process.argv.slice(2);
const { PUBLIC_KEY: user, PRIVATE_KEY: password } = process.env;
const list = `${address}/api/public/v1.0/groups/${group}/alerts`;
const one = `${list}/${alert}`;
const until = { acknowledgedUntil: "2099-01-01T00:00:00+0100" };

/** urllib, which is under the package mongodb-atlas-api-client; its count never begins anew. */
async function byUrllib() {
  const { request } = require("urllib");
  const ask = async (url, method, data) => {
    const options = { digestAuth: `${user}:${password}`, method, data, contentType: "json", dataType: "json" };
    const { status, data: found } = await request(url, options);
    return [status, found];
  };
  return [await ask(`${list}?status=OPEN`, "GET"), await ask(one, "PATCH", until), await ask(one, "PATCH", {}), await ask(one, "GET")];
}

async function byDigestFetch() {
  const found = require("digest-fetch");
  const client = new (found.default ?? found)(user, password);
  const ask = async (url, method, body) => {
    const headers = { "content-type": "application/json" };
    const answer = await client.fetch(url, { method, headers, body: body && JSON.stringify(body) });
    return [answer.status, await answer.json()];
  };
  return [await ask(`${list}?status=OPEN`, "GET"), await ask(one, "PATCH", until), await ask(one, "PATCH", {}), await ask(one, "GET")];
}

/** It signs the path without the query, so that it works without one. */
async function byAxios() {
  const { default: AxiosDigestAuth } = require("@mhoc/axios-digest-auth");
  const client = new AxiosDigestAuth({ username: user, password });
  const ask = async (url, method, data) => {
    const answer = await client.request({ url, method, data, headers: { "content-type": "application/json" } });
    return [answer.status, answer.data];
  };
  return [await ask(list, "GET"), await ask(one, "PATCH", until), await ask(one, "PATCH", {}), await ask(one, "GET")];
}

(async () => {
  const told = {};
  for (const [name, client] of Object.entries({ urllib: byUrllib, fetch: byDigestFetch, axios: byAxios })) {
    told[name] = await client();
  }
  console.log(JSON.stringify(told));
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
