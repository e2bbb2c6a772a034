// What the pages do beyond what the server sends: new alerts without reloading, and the passages of the chosen
// statement. Without this script everything can still be read, searched and acted upon.
"use strict";

function showPassages() {
  for (const one of document.querySelectorAll(".m.on, .item.on")) one.classList.remove("on");
  const name = decodeURIComponent(location.hash.slice(1));
  const target = name && document.getElementById(name);
  const number = target && (target.dataset.n || (name.startsWith("p-") && name.slice(2)));
  if (!number) return;
  for (const one of document.querySelectorAll("[data-n]"))
    if (one.dataset.n.split(" ").includes(number)) one.classList.add("on");
}

function followAlerts(list) {
  const status = document.querySelector("[data-live]");
  const connection = document.querySelector("[data-connection]");
  const {state, rule, since} = list.dataset;
  const source = new EventSource("/alerts/live?since=" + encodeURIComponent(since));
  source.onopen = () => { connection.textContent = "New ones appear by themselves."; };
  source.onerror = () => { connection.textContent = "Not connected: reload the page to see new ones."; };
  source.addEventListener("alert", event => {
    const told = JSON.parse(event.data);
    const template = document.createElement("template");
    template.innerHTML = told.html; // made and escaped by our server
    const fresh = template.content.firstElementChild;
    fresh.querySelector("[name=back]").value = state;
    const known = document.getElementById(fresh.id);
    if (known) {
      if (!known.contains(document.activeElement)) known.replaceWith(fresh);
      return;
    }
    if ((state !== "all" && told.state !== state) || (rule && told.rule !== rule)) return;
    fresh.classList.add("fresh");
    list.prepend(fresh);
    document.querySelector("[data-empty]")?.remove();
    status.textContent = "New alert: " + fresh.querySelector("h2").textContent.replace(/\s+/g, " ").trim();
  });
  addEventListener("pagehide", () => source.close());
}

addEventListener("hashchange", showPassages);
showPassages();
const alerts = document.querySelector("[data-alerts]");
if (alerts && window.EventSource) followAlerts(alerts);
