// Lets this browser take push messages, and knows it again in the list of those that do.
"use strict";

const place = document.getElementById("this-browser");
const button = place.querySelector("button");
const note = place.querySelector("[role=status]");

function say(text) { note.textContent = text; }

async function addressOf(endpoint) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
  const hex = [...digest.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${new URL(endpoint).host}/${hex}`;
}

async function hand(subscription) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch("/me/browser", { method: "POST", headers, body: JSON.stringify(subscription) });
  if (answer.redirected) { location.reload(); return; }
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).problem || `Tocsin answered ${answer.status}.`);
  location.assign("/me/browser?sent=first");
}

function bytes(text) {
  const padded = text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4);
  return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
}

async function subscribe() {
  button.disabled = true;
  try {
    if ((await Notification.requestPermission()) !== "granted") {
      say("This browser may show no notifications of this site. Allow them in its settings, then try again.");
      return;
    }
    const worker = await navigator.serviceWorker.ready;
    const old = await worker.pushManager.getSubscription();
    if (old) await old.unsubscribe(); // it may have been made with the key of another server
    const options = { userVisibleOnly: true, applicationServerKey: bytes(place.dataset.key) };
    await hand(await worker.pushManager.subscribe(options));
  } catch (error) {
    say(`That did not work: ${error.message}`);
  } finally {
    button.disabled = false;
  }
}

async function look() {
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    say("This browser takes no push messages here. They need HTTPS; on an iPhone or iPad, add Tocsin to the home"
      + " screen first (Share, then Add to Home Screen) and open it from there.");
    return;
  }
  const worker = await navigator.serviceWorker.ready;
  const subscription = await worker.pushManager.getSubscription();
  const address = subscription ? await addressOf(subscription.endpoint) : "";
  const here = address && document.querySelector(`[data-address="${CSS.escape(address)}"]`);
  if (here) {
    here.querySelector("[data-here]").hidden = false;
    say(Notification.permission === "granted" ? "" : "This browser is subscribed, but may show no notifications: allow them in its settings.");
    return;
  }
  button.hidden = false;
  button.addEventListener("click", subscribe);
}

navigator.serviceWorker?.addEventListener("message", (event) => {
  if (event.data && event.data.shown === "verification") location.reload();
});
if (place.dataset.sent === "first") setTimeout(() => location.assign("/me/browser"), 10_000);
look().catch((error) => say(`That did not work: ${error.message}`));
