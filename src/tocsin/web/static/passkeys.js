// Passkeys: asks the browser for one, to sign in with or to keep, and hands its answer to a form.
"use strict";

const bytes = (text) => {
  const padded = text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4);
  return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
};
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function options(path) {
  const answer = await fetch(path, { method: "POST", headers: { Accept: "application/json" } });
  if (answer.redirected) { location.reload(); throw new Error("Your session has ended."); }
  if (!answer.ok) throw new Error(answer.status === 429 ? "There were too many tries." : `Tocsin answered ${answer.status}.`);
  const asked = await answer.json();
  const known = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));
  return {
    ...asked,
    challenge: bytes(asked.challenge),
    ...(asked.user ? { user: { ...asked.user, id: bytes(asked.user.id) } } : {}),
    excludeCredentials: known(asked.excludeCredentials),
    allowCredentials: known(asked.allowCredentials),
  };
}

function written(found) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (found.response[name]) response[name] = text(found.response[name]);
  }
  return JSON.stringify({ id: found.id, rawId: text(found.rawId), type: found.type, response });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!("PublicKeyCredential" in window)) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    const note = form.querySelector("[role=status]");
    try {
      const publicKey = await options(form.dataset.passkey);
      const found = form.dataset.keep ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
      form.elements.answer.value = written(found);
      form.submit();
    } catch (error) {
      note.textContent = error.name === "NotAllowedError" ? "No passkey was used." : error.name === "InvalidStateError" ? "This device has a passkey of yours already." : error.message;
    }
  });
}
