// What changes while one looks: times that tick, lists that come anew by themselves, and keys.
"use strict";

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

function roughly(seconds) {
  for (const [unit, size] of UNITS) {
    if (seconds >= size) {
      const count = Math.floor(seconds / size);
      return `${count} ${unit}${count === 1 ? "" : "s"}`;
    }
  }
  return `${Math.floor(seconds)} second${Math.floor(seconds) === 1 ? "" : "s"}`;
}

function countdown(seconds) {
  const minutes = Math.floor(seconds / 60);
  return seconds < 3600 ? `in ${minutes}:${String(Math.floor(seconds % 60)).padStart(2, "0")}` : `in ${roughly(seconds)}`;
}

function tick() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-due]")) {
    const left = (Date.parse(time.dateTime) - now) / 1000;
    time.textContent = left > 0 ? countdown(left) : "now";
  }
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const gone = (now - Date.parse(time.dateTime)) / 1000;
    time.textContent = gone < 45 ? "just now" : `${roughly(gone)} ago`;
  }
}

// On a telephone the page that one is at may lie beside the screen.
const tabs = document.querySelector(".top nav");
const here = tabs?.querySelector("[aria-current]");
if (here) tabs.scrollLeft = here.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - here.offsetWidth) / 2;

// --- what is ticked ---

const boxes = () => [...document.querySelectorAll("input[type=checkbox][name=alert]")];

function count() {
  const out = document.getElementById("ticked");
  if (out) out.textContent = `${boxes().filter((box) => box.checked).length} ticked`;
  for (const all of document.querySelectorAll("input[data-all]")) {
    const own = [...all.closest("section").querySelectorAll("input[name=alert]")];
    const on = own.filter((box) => box.checked).length;
    all.checked = on > 0 && on === own.length;
    all.indeterminate = on > 0 && on < own.length;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.dataset.all !== undefined) {
    for (const box of event.target.closest("section").querySelectorAll("input[name=alert]")) box.checked = event.target.checked;
  }
  if (event.target.type === "checkbox") count();
});

// --- what comes anew ---

function writing() {
  const at = document.activeElement;
  const typing = at && at.closest("#live") && /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName) && at.type !== "checkbox";
  return typing || document.querySelector("#live details.rest[open]");
}

let waiting = null;

function put(html) {
  const here = document.getElementById("live");
  if (!here) return;
  if (writing()) { waiting = html; return; }
  waiting = null;
  const chosen = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
  const focused = document.activeElement?.dataset?.only;
  const at = document.querySelector("[data-alert].at")?.dataset.alert;
  const open = new Set([...here.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent));
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.getElementById("live") || page.body;
  here.replaceChildren(...document.adoptNode(fresh).childNodes);
  for (const box of boxes()) box.checked = chosen.has(box.value);
  for (const details of here.querySelectorAll("details:not(.rest)")) if (open.has(details.querySelector("summary")?.textContent)) details.open = true;
  if (focused) document.querySelector(`[data-only="${CSS.escape(focused)}"]`)?.focus();
  if (at) document.querySelector(`[data-alert="${CSS.escape(at)}"]`)?.classList.add("at");
  document.title = here.querySelector("[data-title]")?.dataset.title || page.title || document.title;
  count();
  tick();
  lookAgain();
}

// What is on its way is looked at again soon: that a message has arrived is not told to open pages.
let soon = 0;

function lookAgain() {
  const wait = document.querySelector("#live [data-again]")?.dataset.again;
  clearTimeout(soon);
  if (wait) soon = setTimeout(() => { if (document.hidden) lookAgain(); else look(); }, 1000 * wait);
}

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

let looking = false;

async function look() {
  if (looking) return;
  looking = true;
  try {
    const answer = await fetch(location.href, { redirect: "manual", headers: { accept: "text/html" } });
    if (answer.type === "opaqueredirect") { location.reload(); return; }
    if (answer.ok) put(await answer.text());
  } catch {
    // The line is bad: the stream opens again by itself, and then the page is read anew.
  } finally {
    looking = false;
  }
}

function follow(live) {
  let order = Promise.resolve();
  let first = true;
  let news = null;
  const open = () => {
    news = new EventSource(live.dataset.news || "/live");
    news.addEventListener("change", look);
    news.addEventListener("fresh", (event) => {
      if (!("DecompressionStream" in window)) { look(); return; }
      order = order.then(() => unpacked(event.data)).then(put, look);
    });
    news.addEventListener("open", () => { if (!first) look(); first = false; });
  };
  // A page that nobody looks at lets its line go: a browser has few of them for all its tabs.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { news.close(); } else if (news.readyState === EventSource.CLOSED) { open(); }
  });
  open();
  const late = () => setTimeout(() => { if (waiting !== null) put(waiting); }, 50);
  document.addEventListener("focusout", late);
  document.addEventListener("toggle", late, true);
  setInterval(tick, 1000);
  tick();
  count();
  lookAgain();
}

// --- keys: the list of them is in the dialog that ? opens ---

const rows = () => [...document.querySelectorAll("li[data-alert]")];

function step(by) {
  const all = rows();
  const at = all.findIndex((row) => row.classList.contains("at"));
  const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
  all[at]?.classList.remove("at");
  next?.classList.add("at");
  next?.querySelector("a")?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

// Presses the button for all that are ticked, or for the alert that one is at.
function say(word) {
  const ticked = boxes().some((box) => box.checked);
  const row = document.querySelector("[data-alert].at") || document.querySelector("article[data-alert]");
  const where = ticked ? document.querySelector(".bulk") : row;
  where?.querySelector(`button[value="${word}"], button[value^="${word}:"]`)?.click();
}

function handOver() {
  const row = document.querySelector("li[data-alert].at");
  const ticked = boxes().some((box) => box.checked);
  if (row && !ticked) { location.href = `${row.querySelector("a").href}#hand-over`; return; }
  document.querySelector("select[name=to]")?.focus();
}

const KEYS = {
  "?": () => document.getElementById("keys")?.showModal(),
  "/": () => document.querySelector("input[type=search]")?.focus(),
  "*": () => { const all = boxes(); const on = !all.every((box) => box.checked); for (const box of all) box.checked = on; count(); },
  j: () => step(1),
  k: () => step(-1),
  x: () => document.querySelector("li[data-alert].at input[type=checkbox]")?.click(),
  o: () => document.querySelector("li[data-alert].at a")?.click(),
  n: () => { location.href = "/now"; },
  m: () => document.querySelector("input[name=mine]")?.click() ?? undefined,
  a: () => say("acknowledge"),
  r: () => say("resolve"),
  s: () => say("snooze"),
  h: handOver,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox") return;
  if (!document.getElementById("keys") || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys]")) KEYS["?"]();
  for (const menu of document.querySelectorAll("details.rest[open]")) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("form.filters[role=search]") && event.target.type !== "search" && event.target.type !== "text") form.requestSubmit();
});

document.documentElement.classList.add("scripts");
for (const live of document.querySelectorAll("#live")) follow(live);

// Push messages and the page that says that there is no connection; without it everything else works.
navigator.serviceWorker?.register("/service-worker.js").catch(() => null);
