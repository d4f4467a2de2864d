"use strict";

// What a message holds beside its words, and what can be done with it.

const KINDS = {
  image: "📷 Foto", audio: "🎤 Áudio", video: "🎬 Vídeo", document: "📄 Documento", sticker: "🩵 Figurinha",
  location: "📍 Localização", contact: "👤 Contato", poll: "📊 Enquete", list: "☰ Lista", buttons: "Botões",
};
const EMOJI = ["👍", "❤️", "😂"];
let pending = {};

function contentOf(message) {
  if (message.marks.includes("deleted")) return [];
  const source = `/_sim/file?id=${encodeURIComponent(message.id)}`;
  switch (message.kind) {
    case "image":
    case "sticker":
      return [el("img", { src: source, alt: KINDS[message.kind], className: message.kind })];
    case "audio":
      return [el("audio", { src: source, controls: true })];
    case "video":
      return [el("video", { src: source, controls: true })];
    case "document":
      return [el("a", { href: source, download: message.file_name || "documento" }, `📄 ${message.file_name || "documento"} `)];
    case "location":
      return [el("span", { className: "card-line" }, `📍 ${message.place ?? ""} `)];
    case "contact":
      return [el("span", { className: "card-line" }, "👤 ")];
    case "poll":
      return [el("span", {}, "📊 "), choices(message.options ?? [], (option) => touch("vote", message, option))];
    case "list":
    case "buttons":
      return [choices(message.choices ?? [], (choice) => say({ kind: "button", text: choice, quoted: message.id }))];
    default:
      return [];
  }
}

function choices(names, choose) {
  const list = el("span", { className: "choices" });
  for (const name of names) {
    const button = el("button", { type: "button", className: "quiet" }, name);
    button.onclick = () => choose(name);
    list.append(button);
  }
  return list;
}

function actionsOf(message) {
  const own = message.direction === "out" || message.via === "phone";
  const row = el("span", { className: "actions" });
  const add = (name, testid, act) => {
    // Drawn by the style sheet, so that the bubble's text is the message's alone.
    const button = el("button", { type: "button", "data-testid": testid, "data-icon": name, title: name, "aria-label": name });
    button.onclick = act;
    row.append(button);
  };
  for (const emoji of EMOJI) add(emoji, "react", () => say({ kind: "reaction", text: emoji, target: message.id, target_from_me: message.direction === "in" }));
  add("Responder", "reply", () => setPending({ quoted: message.id, quoted_text: message.text }));
  if (own && message.kind === "text") {
    add("Editar", "edit", () => {
      const text = window.prompt("Novo texto", message.text);
      if (text) touch("edit", message, text);
    });
  }
  if (own) add("Apagar", "delete", () => touch("revoke", message));
  return row;
}

function say(body) {
  return api("POST", "messages", { instance, from: phone, from_me: $("owner").checked, ...body }).catch((error) => notice(error.message));
}

function touch(kind, message, text) {
  return api("POST", "messages", { instance, from: phone, kind, target: message.id, text }).catch((error) => notice(error.message));
}

function setPending(next) {
  pending = next;
  const shown = pending.quoted ? `Respondendo: ${pending.quoted_text || "mensagem"}` : pending.file_name ? `Anexo: ${pending.file_name}` : "";
  $("pending").textContent = shown;
  $("pending").hidden = !shown;
}

$("file").onchange = async () => {
  const file = $("file").files[0];
  if (!file) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  $("kind").value = ["image", "audio", "video"].find((one) => file.type.startsWith(`${one}/`)) ?? "document";
  setPending({ data: btoa(text), file_name: file.name, mimetype: file.type || "application/octet-stream" });
  $("file").value = "";
  $("composer").focus();
};
