// status.js: live XMPP presence in a web page. How to use it: docs/web.md.
(() => {
"use strict";

const script = document.currentScript;
const states = ["online", "chat", "away", "xa", "dnd", "offline", "unknown"];
const languages = {
  en: ["online", "free to chat", "away", "extended away", "do not disturb", "offline", "unknown"],
  de: ["online", "gespr\xe4chsbereit", "abwesend", "l\xe4nger abwesend", "bitte nicht st\xf6ren",
    "offline", "unbekannt"]
};
const MAX_JIDS = 100, POLL_MS = 5000, SLOWEST_MS = 80000, AGAIN_MS = 60000;
const PATIENCE_MS = 10000; // with a silent server

const labels = new WeakMap(); // what elements said before
let elements, jids, names; // JIDs as the page writes them, and as the server does
let turn = 0, timer, delay, stream, streamAfter = 0;

const jidOf = element => element.dataset.xmppStatus;

function show(element, answer) {
  const state = states.includes(answer.state) ? answer.state : "unknown";
  const language = element.closest("[lang]")?.lang.slice(0, 2).toLowerCase();
  const own = "data-xmpp-" + state;
  const word = element.getAttribute(own) || script.getAttribute(own) ||
    (languages[language] || languages.en)[states.indexOf(state)];
  if (!labels.has(element))
    labels.set(element, element.getAttribute("aria-label") || element.textContent.trim() ||
      jidOf(element));
  let text = element.querySelector(".xmpp-status-text");
  if (!text) {
    element.append(" ", text = document.createElement("span"));
    text.className = "xmpp-status-text";
  }
  text.textContent = word;
  element.setAttribute("aria-label", labels.get(element) + ": " + word);
  states.forEach(other => element.classList.toggle("xmpp-status-" + other, other == state));
  element.dispatchEvent(new CustomEvent("xmpp-status", {bubbles: true, detail: answer}));
}

const showAll = (jid, answer) =>
  elements.forEach(element => jidOf(element) == jid && show(element, answer));

const rest = () => timer = clearTimeout(timer);

function wait(action, ms) {
  rest();
  timer = setTimeout(action, ms * (1 + Math.random() / 4));
}

const address = format =>
  new URL(`status?format=${format}&jid=` + jids.map(encodeURIComponent).join("&jid="), script.src);

// The answers' order tells how the server writes each JID, and so whom an event is about.
async function ask() {
  const mine = ++turn;
  let answers = [];
  names = [];
  try {
    const response = await fetch(address("json"), {signal: AbortSignal.timeout(PATIENCE_MS)});
    answers = [].concat(await response.json());
    names = answers.map(answer => answer.jid);
  } catch { }
  if (mine != turn) return;
  const known = names.some(name => name);
  jids.forEach((jid, i) => showAll(jid, answers[i] || {}));
  delay = known ? POLL_MS : Math.min(2 * delay, SLOWEST_MS);
  known && Date.now() > streamAfter ? listen() : wait(ask, delay);
}

function listen() {
  let heard;
  const fail = () => {
    stream.close();
    streamAfter = Date.now() + AGAIN_MS;
    wait(ask, 1000);
  };
  wait(fail, PATIENCE_MS);
  stream = new EventSource(address("events"));
  stream.onmessage = event => {
    const answer = JSON.parse(event.data);
    heard = true;
    rest();
    jids.forEach((jid, i) => names[i] == answer.jid && showAll(jid, answer));
  };
  // One that has come back may have nothing new to say.
  stream.onopen = () => heard && rest();
  // However often it fails in between, it has so long to come back.
  stream.onerror = () => stream.readyState == 2 ? fail() : timer || wait(fail, PATIENCE_MS);
}

// Also stops: a hidden page asks nothing.
function start() {
  turn++;
  rest();
  stream?.close();
  delay = POLL_MS;
  elements = [...document.querySelectorAll("[data-xmpp-status]")];
  elements.forEach(element => labels.has(element) || show(element, {}));
  jids = [...new Set(elements.map(jidOf))].slice(0, MAX_JIDS);
  jids[0] && !document.hidden && ask();
}

document.addEventListener("visibilitychange", start);
document.addEventListener("xmpp-status-scan", start);
start();
})();
