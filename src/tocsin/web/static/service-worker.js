// What runs while no page is open: push messages become notifications, and answers on them go back.
"use strict";

const SHELL = []; // what is shown without a network; the server fills it in
const CACHE = `shell ${SHELL.join(" ")}`;
const LATE_AFTER_MS = 120_000;
const ANSWERS = [{ action: "acknowledge", title: "Acknowledge" }, { action: "resolve", title: "Resolve" }];
const URGENT = ["page", "reminder", "verification"];

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(begin()));
self.addEventListener("fetch", (event) => {
  if (event.request.mode === "navigate") event.respondWith(go(event));
  else if (SHELL.includes(new URL(event.request.url).pathname)) event.respondWith(kept(event.request));
});
self.addEventListener("push", (event) => event.waitUntil(hear(event.data)));
self.addEventListener("notificationclick", (event) => event.waitUntil(click(event)));
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL);
  await self.skipWaiting();
}

async function begin() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  if (self.registration.navigationPreload) await self.registration.navigationPreload.enable();
  await self.clients.claim();
}

// Pages are never kept: what burned an hour ago is worse than nothing.
async function go(event) {
  try {
    return (await event.preloadResponse) || (await fetch(event.request));
  } catch {
    return (await caches.match(SHELL[0])) || Response.error();
  }
}

async function kept(request) {
  return (await caches.match(request)) || fetch(request);
}

function read(data) {
  try {
    return data.json();
  } catch {
    return { title: "Tocsin has something to say", body: "Open it to see what.", url: "/now", at: Date.now() };
  }
}

function options(said) {
  const late = Math.floor((Date.now() - said.at) / 60_000);
  const lateness = Date.now() - said.at > LATE_AFTER_MS ? `Late by ${late} minutes\n` : "";
  return {
    body: lateness + (said.body || ""),
    tag: said.tag,
    renotify: Boolean(said.tag),
    timestamp: said.at,
    icon: "/app-icon-192.png",
    badge: "/badge-96.png",
    requireInteraction: URGENT.includes(said.kind),
    vibrate: said.kind === "page" ? [300, 100, 300, 100, 300] : [200],
    actions: said.asks ? ANSWERS : [],
    data: said,
  };
}

// Shown first and told of afterwards: a receipt that does not get through must not cost the message.
async function hear(data) {
  const said = read(data);
  await self.registration.showNotification(said.title, options(said));
  if (said.answer) await tell(said.answer, "shown").catch(() => null);
  for (const page of await self.clients.matchAll({ type: "window" })) page.postMessage({ shown: said.kind });
}

async function tell(path, word) {
  const body = new URLSearchParams({ say: word });
  const answer = await fetch(path, { method: "POST", body, credentials: "omit", cache: "no-store" });
  if (![200, 409, 410].includes(answer.status)) throw new Error(`answered ${answer.status}`);
  return answer.json();
}

async function click(event) {
  const said = event.notification.data || {};
  event.notification.close();
  if (ANSWERS.some((each) => each.action === event.action)) return answer(said, event.action);
  if (said.answer) tell(said.answer, "shown").catch(() => null);
  return open(said.url || "/now");
}

// Whatever becomes of an answer is said: somebody who believes that they have it goes back to sleep.
async function answer(said, word) {
  const base = { tag: said.tag, icon: "/app-icon-192.png", badge: "/badge-96.png" };
  let heard;
  try {
    heard = await tell(said.answer, word);
  } catch {
    const body = `Tocsin could not be reached, and nothing was changed. Try again.\n${said.title}`;
    const again = { ...base, body, requireInteraction: true, renotify: true, actions: ANSWERS, data: said };
    return self.registration.showNotification("Not answered", again);
  }
  const told = { ...base, body: heard.body || said.title, silent: heard.done, data: { url: said.url } };
  return self.registration.showNotification(heard.title, heard.done ? told : { ...told, requireInteraction: true });
}

async function open(path) {
  for (const page of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) {
    if (!("navigate" in page)) continue;
    const moved = await page.navigate(path).catch(() => null);
    if (moved) return moved.focus();
  }
  return self.clients.openWindow(path);
}

async function renew(event) {
  const was = event.oldSubscription;
  const key = was && was.options.applicationServerKey;
  if (!event.newSubscription && !key) return;
  const now = event.newSubscription
    || (await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  const body = JSON.stringify({ ...now.toJSON(), replaces: was ? was.endpoint : "" });
  await fetch("/me/browser", { method: "POST", body, headers: { "Content-Type": "application/json" } });
}
