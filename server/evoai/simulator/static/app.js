"use strict";

const $ = (id) => document.getElementById(id);
const STATES = { open: "Conectado", connecting: "Aguardando leitura do QR", close: "Desconectado" };
let state = { instances: [], contacts: [], faults: {} };
let instance = null;
let phone = null;
const unread = new Map();
const typing = new Map();

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in node && name !== "list") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

async function api(method, path, body) {
  const response = await fetch(`/_sim/${path}`, { method, body: body && JSON.stringify(body) });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Error(answer?.error ?? `erro ${response.status}`);
  return answer;
}

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

function current() {
  return state.instances.find((i) => i.name === instance) ?? null;
}

async function load() {
  state = await api("GET", "state");
  const before = instance;
  if (!current()) {
    // A number that waits to be scanned is what the phone was opened for.
    const best =
      state.instances.find((i) => i.qr) ?? state.instances.find((i) => i.state === "open") ?? state.instances.at(-1);
    instance = best?.name ?? null;
  }
  if (!state.contacts.some((c) => c.phone === phone)) phone = state.contacts[0]?.phone ?? null;
  drawPanel();
  drawContacts();
  drawFaults();
  if (before !== instance) await loadTalk();
  drawReady();
}

function drawReady() {
  const found = current();
  const open = found?.state === "open";
  document.querySelector("[data-testid=send]").disabled = !open;
  $("notice").dataset.kind = "state";
  if (!found) notice("Nenhum número ainda: crie um canal no painel da empresa.");
  else if (!open) notice("O número da empresa não está conectado: escaneie o QR em “Número e falhas”.");
  else notice("");
}

function drawPanel() {
  $("pick-label").hidden = state.instances.length < 2;
  $("instance").replaceChildren(
    ...state.instances.map((i) => el("option", { value: i.name, selected: i.name === instance }, i.profile_name ? `${i.profile_name} (${i.name})` : i.name)),
  );
  const found = current();
  if (!found) {
    $("panel").replaceChildren(el("p", {}, "Nenhum número criado. Conecte um canal no painel da empresa e o QR aparece aqui."), official());
    return;
  }
  const parts = [el("span", { className: "state", "data-state": found.state, "data-testid": "instance-state" }, STATES[found.state])];
  if (found.state === "open") {
    parts.push(el("p", {}, `${found.profile_name} · +${found.phone}`));
    const out = el("button", { type: "button", className: "quiet" }, "Desconectar pelo celular");
    out.onclick = () => act(`instances/${encodeURIComponent(found.name)}/drop`);
    parts.push(out);
  } else if (found.qr) {
    const source = `/_sim/instances/${encodeURIComponent(found.name)}/qr.png?n=${found.qr_count}`;
    parts.push(el("img", { src: source, alt: "QR code esperando ser lido" }));
    if (found.pairing_code) parts.push(el("p", {}, `Código de pareamento: ${found.pairing_code}`));
    const scan = el("button", { type: "button", "data-testid": "scan" }, "Escanear QR");
    scan.onclick = () => act(`instances/${encodeURIComponent(found.name)}/scan`);
    parts.push(scan);
  } else if (found.state === "close") {
    parts.push(el("p", {}, "Peça um novo QR no painel da empresa."));
  }
  $("panel").replaceChildren(...parts, official());
}

// What a channel form is given for a number of the simulated Meta; any 14 digits after the 7 are another number.
function official() {
  const rows = Object.entries(state.cloud ?? {}).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, el("code", {}, value))));
  return el("details", { className: "official" }, el("summary", {}, "Número oficial (Cloud API)"), el("dl", {}, ...rows));
}

async function act(path) {
  try {
    await api("POST", path);
    await load();
  } catch (error) {
    notice(error.message);
  }
}

function initials(name) {
  return name.split(/\s+/).slice(0, 2).map((w) => w[0]).join("").toUpperCase();
}

function drawContacts() {
  const items = state.contacts.map((contact, n) => {
    const item = el(
      "button",
      { type: "button", role: "tab", "aria-selected": String(contact.phone === phone), "data-testid": `contact-${n + 1}`, title: `+${contact.phone}` },
      el("span", { className: "face", "aria-hidden": "true" }, initials(contact.name)),
      contact.name,
    );
    const count = unread.get(contact.phone);
    if (count) item.append(el("span", { className: "unread", "aria-label": `${count} não lidas` }, String(count)));
    item.onclick = () => choose(contact.phone);
    return item;
  });
  const add = el("button", { type: "button", "data-testid": "contact-new", "aria-expanded": String(!$("new-contact").hidden) }, "+ novo contato");
  add.onclick = () => {
    $("new-contact").hidden = !$("new-contact").hidden;
    drawContacts();
    if (!$("new-contact").hidden) $("new-contact").elements.namedItem("name").focus();
  };
  $("contacts").replaceChildren(...items, add);
}

async function choose(chosen) {
  phone = chosen;
  unread.delete(phone);
  drawContacts();
  drawTyping();
  await loadTalk();
}

async function loadTalk() {
  if (!instance || !phone) {
    $("talk").replaceChildren();
    return;
  }
  const asked = `${instance} ${phone}`;
  const { items } = await api("GET", `messages?instance=${encodeURIComponent(instance)}&phone=${phone}`);
  if (asked !== `${instance} ${phone}`) return;
  $("talk").replaceChildren();
  for (const item of items) if (item.kind !== "reaction") $("talk").append(bubble(item));
  if (!items.length) $("talk").append(el("p", { className: "empty" }, "Nenhuma mensagem. Diga oi!"));
  $("talk").scrollTop = $("talk").scrollHeight;
}

function bubble(message) {
  const time = new Date(message.at * 1000).toLocaleTimeString("pt-BR", { hour: "2-digit", minute: "2-digit" });
  const foot = el("small", {}, `${time} `);
  if (message.direction === "out") {
    const read = message.statuses.includes("READ");
    foot.append(el("span", { className: read ? "ticks read" : "ticks", title: read ? "Lida" : "Entregue" }, "✓✓"));
  }
  const node = el("div", { className: "bubble", "data-testid": "bubble", "data-kind": message.kind, "data-direction": message.direction, id: `m-${message.id}` });
  if (message.via === "phone") node.append(el("span", { className: "by" }, "pelo celular do dono"));
  if (message.quoted) node.append(el("span", { className: "quoted" }, $(`m-${message.quoted}`)?.dataset.text || "mensagem citada"));
  node.dataset.text = message.text || KINDS[message.kind] || "";
  node.append(...contentOf(message), message.text);
  if (message.marks.includes("edited")) foot.prepend("editada · ");
  node.append(foot);
  if (message.reactions.length) node.append(el("span", { className: "reactions", "data-testid": "reactions" }, message.reactions.join(" ")));
  if (!message.marks.includes("deleted")) node.append(actionsOf(message));
  return node;
}

function show(message) {
  if (message.kind === "reaction") return;
  if (message.direction === "in") {
    typing.delete(message.phone);
    drawTyping();
  }
  if (message.phone !== phone) {
    if (message.direction === "in") unread.set(message.phone, (unread.get(message.phone) ?? 0) + 1);
    drawContacts();
    return;
  }
  const old = $(`m-${message.id}`);
  if (old) {
    old.replaceWith(bubble(message));
    return;
  }
  const talk = $("talk");
  const low = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 120;
  talk.querySelector(".empty")?.remove();
  talk.append(bubble(message));
  if (low || message.direction === "out") talk.scrollTop = talk.scrollHeight;
}

function drawTyping() {
  $("typing").hidden = (typing.get(phone) ?? 0) <= Date.now();
}

let loading = null;
function reload() {
  loading ??= setTimeout(() => {
    loading = null;
    load().catch((error) => notice(error.message));
  }, 30);
}

function listen() {
  const source = new EventSource("/_sim/events");
  source.onopen = () => load().then(loadTalk).catch((error) => notice(error.message));
  source.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.type === "instance" || event.type === "faults") reload();
    if (event.instance !== instance) return;
    if (event.type === "message") {
      if (!state.contacts.some((c) => c.phone === event.message.phone)) reload();
      show(event.message);
    } else if (event.type === "presence") {
      const on = event.presence === "composing" || event.presence === "recording";
      typing.set(event.phone, on ? Date.now() + Math.max(event.ms, 1500) : 0);
      drawTyping();
      setTimeout(drawTyping, Math.max(event.ms, 1500) + 20);
    }
  };
}

$("compose").onsubmit = async (event) => {
  event.preventDefault();
  const text = $("composer").value.trim();
  const kind = $("kind").value;
  if (!text && kind === "text") return;
  const body = { instance, from: phone, kind, text, from_me: $("owner").checked, ...pending };
  if (kind === "view_once") Object.assign(body, { kind: "image", view_once: true });
  $("composer").value = "";
  $("kind").value = "text";
  setPending({});
  $("composer").focus();
  try {
    await api("POST", "messages", body);
  } catch (error) {
    $("composer").value = text;
    notice(error.message);
  }
};

$("composer").onkeydown = (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("compose").requestSubmit();
  }
};

$("new-contact").onsubmit = async (event) => {
  event.preventDefault();
  const fields = new FormData(event.target);
  try {
    const added = await api("POST", "contacts", { phone: fields.get("phone"), name: fields.get("name") });
    event.target.reset();
    event.target.hidden = true;
    await load();
    await choose(added.phone);
    $("composer").focus();
  } catch (error) {
    notice(error.message);
  }
};

// Enter in a field has already changed the switch; the page must not be left for it.
$("faults").onsubmit = (event) => event.preventDefault();

$("instance").onchange = async () => {
  instance = $("instance").value;
  drawPanel();
  drawReady();
  await loadTalk();
};

$("owner").onchange = () => {
  $("composer").placeholder = $("owner").checked ? "Resposta do dono da empresa" : "Mensagem";
};

for (const button of document.querySelectorAll("[data-tab]")) {
  if (button.tagName !== "BUTTON") continue;
  button.onclick = () => {
    document.body.dataset.tab = button.dataset.tab;
    for (const other of document.querySelectorAll(".tabs button")) other.setAttribute("aria-pressed", String(other === button));
  };
}

document.body.dataset.tab = "phone";
listen();
