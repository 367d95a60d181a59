// Schedules with a pointer: a stretch is drawn over the picture, and the form below is filled with it. Forms
// that only look (data-smooth) are sent without leaving the page. All of it works without this file as well.
"use strict";

{
  document.documentElement.classList.add("scripts");

  function wall(at, zone) {
    const parts = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    }).formatToParts(new Date(at));
    const of = Object.fromEntries(parts.map((part) => [part.type, part.value]));
    return `${of.year}-${of.month}-${of.day}T${of.hour}:${of.minute}`;
  }

  class Drawing {
    constructor(svg, pointer) {
      this.svg = svg;
      this.from = this.at(pointer);
      this.to = this.from;
    }

    at(pointer) {
      const box = this.svg.getBoundingClientRect();
      return Math.max(0, Math.min(1, (pointer.clientX - box.left) / box.width));
    }

    // The two ends as instants, each on a whole quarter, hour or day of the picture's clock.
    ends() {
      const [starts, ends] = [Date.parse(this.svg.dataset.startsAt), Date.parse(this.svg.dataset.endsAt)];
      const snap = Number(this.svg.dataset.snap) * 60000;
      const snapped = (share) => starts + Math.round((share * (ends - starts)) / snap) * snap;
      const [first, last] = [snapped(Math.min(this.from, this.to)), snapped(Math.max(this.from, this.to))];
      return [first, Math.max(last, first + snap)];
    }

    show() {
      const [starts, ends] = [Date.parse(this.svg.dataset.startsAt), Date.parse(this.svg.dataset.endsAt)];
      const [first, last] = this.ends().map((at) => ((at - starts) / (ends - starts)) * 1000);
      const mark = this.svg.querySelector(".drawn");
      mark.setAttribute("x", first);
      mark.setAttribute("width", last - first);
    }
  }

  let drawing = null;

  document.addEventListener("pointerdown", (event) => {
    const svg = event.target.closest?.("svg[data-draw]");
    if (!svg || event.button !== 0) return;
    // A finger scrolls the picture sideways, unless it rests on the row that is drawn upon.
    if (event.pointerType === "touch" && !svg.classList.contains("drawing")) return;
    drawing = new Drawing(svg, event);
    svg.setPointerCapture?.(event.pointerId);
    event.preventDefault();
  });

  document.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    drawing.to = drawing.at(event);
    drawing.show();
  });

  document.addEventListener("pointerup", () => {
    if (!drawing) return;
    const { svg, from, to } = drawing;
    if (Math.abs(to - from) > 0.004) fill(svg, drawing.ends());
    drawing = null;
  });

  document.addEventListener("pointercancel", () => { drawing = null; });

  function fill(svg, [starts, ends]) {
    const form = document.querySelector(`#${svg.dataset.draw} form`);
    if (!form) return;
    form.elements.starts_at.value = wall(starts, svg.dataset.zone);
    form.elements.ends_at.value = wall(ends, svg.dataset.zone);
    document.getElementById(svg.dataset.draw).scrollIntoView({ block: "nearest" });
    form.elements.user.focus({ preventScroll: true });
  }

  // With a finger one says first that one wants to draw.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-drawing]");
    if (!button) return;
    const svg = document.querySelector("svg[data-draw]");
    const on = svg.classList.toggle("drawing");
    button.setAttribute("aria-pressed", String(on));
    if (on) svg.scrollIntoView({ block: "center" });
  });

  // --- forms that are sent without leaving the page -----------------------------------------------------------

  let sending = null;

  async function send(form, button) {
    sending?.abort();
    sending = new AbortController();
    const body = new URLSearchParams(new FormData(form, button));
    const answer = await fetch(form.action, {
      method: "POST", body, credentials: "same-origin", redirect: "follow", signal: sending.signal,
    });
    sending = null;
    return answer;
  }

  function parsed(text) {
    return new DOMParser().parseFromString(text, "text/html");
  }

  function warn(form, text) {
    const place = form.querySelector("[data-warning]");
    place.textContent = text;
    place.hidden = !text;
  }

  const ENDED = "You are signed out. Sign in in another tab, then press again: what you typed is still here.";
  const UNREACHED = "The server was not reached. Nothing is lost: press again in a moment.";

  async function smoothly(form, button) {
    warn(form, "");
    clearTimeout(waiting);
    const pressed = button?.id;
    try {
      const answer = await send(form, button);
      const path = new URL(answer.url).pathname;
      if (answer.status === 401 || (answer.redirected && path === "/login")) { warn(form, ENDED); return; }
      if (answer.redirected) { leaving = true; location.assign(answer.url); return; }
      const fresh = parsed(await answer.text()).querySelector("main");
      if (!fresh) { warn(form, UNREACHED); return; }
      if (!fresh.querySelector("form[data-smooth]")) { warn(form, `${fresh.textContent.trim().replace(/\s+/g, " ")} What you typed is still here.`); return; }
      document.querySelector("main").replaceWith(document.adoptNode(fresh));
      const first = document.querySelector("[aria-invalid=true]");
      const same = pressed && document.getElementById(pressed);
      (button?.value === "save" && first ? first : same ?? first)?.focus({ preventScroll: !first });
      if (button?.dataset.show) document.getElementById(button.dataset.show)?.scrollIntoView({ block: "start" });
      typed = true;
    } catch (error) {
      if (error.name !== "AbortError") warn(form, UNREACHED);
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-smooth]")) return;
    event.preventDefault();
    smoothly(form, event.submitter);
  });

  // What a change comes to is shown while one makes it.
  async function preview(form) {
    const button = form.querySelector("button[value=preview]");
    try {
      const answer = await send(form, button);
      if (answer.redirected) return;
      const fresh = parsed(await answer.text()).getElementById("preview");
      const here = document.getElementById("preview");
      if (fresh && here) here.replaceWith(document.adoptNode(fresh));
    } catch { /* it is shown when it is asked for */ }
  }

  let waiting = 0;
  let typed = false;
  let leaving = false;

  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-smooth]");
    if (!form || event.target.closest("[data-chooser]")) return;
    typed = true;
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (document.getElementById("preview")) preview(form); }, 400);
  });

  addEventListener("beforeunload", (event) => {
    if (typed && !leaving && document.querySelector("form[data-smooth]")) event.preventDefault();
  });
}
