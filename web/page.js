/*
 * page.js: what the page does with a JID. The presence itself comes from the widget, status.js:
 * here it is put to work, with badges that follow it and snippets to copy.
 *
 * The JID is kept behind the # of the address, so that it can be linked to and no server logs it.
 * All words are in the HTML.
 */
(() => {
  "use strict";

  const base = new URL(".", document.currentScript.src).href;
  const COPIED_MS = 2000;

  const at = id => document.getElementById(id);
  const page = document.documentElement;
  const form = at("ask"), input = at("jid"), presence = at("presence"), details = at("details");
  let last; // what the badges show, as text

  // Also what encodeURIComponent leaves, as quotes and brackets mean something in snippets.
  const encode = jid =>
    encodeURIComponent(jid)
      .replace(/['()*!]/g, mark => "%" + mark.charCodeAt(0).toString(16))
      .replace(/%40/g, "@");

  const escapeHtml = text =>
    text.replace(/[&<>"]/g, mark => "&#" + mark.charCodeAt(0) + ";");

  const style = () => document.querySelector("#styles :checked").value;

  const badge = (jid, look) =>
    `${base}status/${encode(jid)}?format=svg${look == "flat" ? "" : "&style=" + look}`;

  function snippets(jid) {
    const url = badge(jid, style()), text = escapeHtml(jid);
    return {
      url,
      html: `<img src="${escapeHtml(url)}" alt="${text}" height="20">`,
      widget: `<script src="${base}status.js" defer></script>\n` +
        `<a href="xmpp:${encode(jid)}" data-xmpp-status="${text}">${text}</a>`,
      markdown: `![${jid.replace(/[\\[\]`*_<>&!]/g, "\\$&")}](${url})`,
      curl: `curl -s '${base}status/${encode(jid)}?format=text'`,
    };
  }

  function showSnippets(jid) {
    for (const [id, text] of Object.entries(snippets(jid)))
      at(id).textContent = text;
  }

  // Another address each time, as a browser does not load the same image twice.
  function loadBadges(jid) {
    for (const radio of document.querySelectorAll("#styles input"))
      radio.parentElement.querySelector("img").src = `${badge(jid, radio.value)}&at=${Date.now()}`;
  }

  function showDetails(answer) {
    const {gone, idle, malformed, unavailable, unpublished} = details.dataset;
    const errors = {
      "item-not-found": unpublished, "jid-malformed": malformed, "bad-request": malformed,
    };
    const lines = [];
    if (answer.status) {
      const quote = document.createElement("q");
      quote.append(answer.status);
      quote.lang = answer.lang || "";
      quote.dir = "auto";
      lines.push(quote);
    }
    if (answer.last) {
      const time = new Date(answer.last * 1000).toLocaleString(
        navigator.languages.find(language => language.startsWith(page.lang)) || page.lang,
        {dateStyle: "medium", timeStyle: "short"});
      lines.push((answer.state == "offline" ? gone : idle).replace("{time}", time));
    }
    if (answer.error)
      lines.push(errors[answer.error] || unavailable);
    details.replaceChildren(...lines.map(line => {
      const paragraph = document.createElement("p");
      paragraph.append(line);
      return paragraph;
    }));
  }

  function follow(jid, answer) {
    const text = JSON.stringify(answer);
    if (text == last)
      return;
    last = text;
    showDetails(answer);
    loadBadges(jid);
  }

  function watch(jid) {
    const link = document.createElement("a");
    link.href = "xmpp:" + encode(jid);
    link.dataset.xmppStatus = jid;
    link.append(jid);
    link.addEventListener("xmpp-status", event => follow(jid, event.detail));
    last = undefined;
    presence.replaceChildren(link);
    document.dispatchEvent(new Event("xmpp-status-scan"));
  }

  function asked() {
    try {
      return decodeURIComponent(location.hash.slice(1));
    } catch {
      return "";
    }
  }

  // Shows whom the address names.
  function show() {
    const jid = asked();
    at("answer").hidden = !jid;
    for (const link of document.querySelectorAll("nav a"))
      link.hash = location.hash;
    if (!jid)
      return;
    input.value = jid;
    showSnippets(jid);
    watch(jid);
  }

  async function copy(button) {
    const snippet = button.parentElement.querySelector("pre");
    try {
      await navigator.clipboard.writeText(snippet.textContent);
    } catch {
      // Without TLS there is only the old way.
      getSelection().selectAllChildren(snippet);
      document.execCommand("copy");
    }
    const {copied, copy} = at("copied").dataset;
    button.textContent = copied;
    at("copied").textContent = `${copied}: ${button.parentElement.querySelector("h3").textContent}`;
    setTimeout(() => (button.textContent = copy), COPIED_MS);
  }

  form.addEventListener("submit", event => {
    event.preventDefault();
    const hash = "#" + encode(input.value.trim().replace(/^xmpp:/i, ""));
    if (location.hash == hash)
      show();
    else
      location.hash = hash;
  });
  at("styles").addEventListener("change", () => showSnippets(asked()));
  at("snippets").addEventListener("click", event => {
    if (event.target.matches("button"))
      copy(event.target);
  });
  addEventListener("hashchange", show);
  show();
})();
