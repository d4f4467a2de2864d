"use strict";

const FAULTS = [
  ["latency_ms", "Demora do WhatsApp (ms)", "number"],
  ["error_rate", "Envios recusados com erro 500/503", "rate"],
  ["hang_up_after_accept", "Aceita e desliga sem responder", "rate"],
  ["drop_answers", "Aceita e nunca responde", "rate"],
  ["accept_then_400", "Aceita e responde 400", "rate"],
  ["duplicate_rate", "Webhooks em dobro", "rate"],
  ["reorder_rate", "Webhooks fora de ordem", "rate"],
  ["hook_delay_ms", "Atraso dos webhooks (ms)", "number"],
  ["silent", "Webhooks calados", "flag"],
  ["receipts", "Confirmações de entrega e leitura", "flag"],
  ["media_fail_first", "Arquivos: falhas antes de virem", "number"],
  ["media_ms", "Demora dos arquivos (ms)", "number"],
  ["media_wrong", "Arquivos errados", "choice", [["", "nenhum"], ["html", "outra coisa"], ["eicar", "infectado"], ["empty", "vazio"], ["huge", "grande demais"], ["null", "sem resposta"]]],
  ["model_ms", "Demora do modelo (ms)", "number"],
  ["model_error", "Erro do modelo", "choice", [["", "nenhum"], ["500", "500"], ["429", "429 (limite)"], ["slow", "lento"], ["empty", "vazio"], ["malformed", "ilegível"]]],
];
const RATES = [0, 0.05, 0.1, 0.25, 0.5, 1];

function drawFaults() {
  const form = $("faults");
  if (form.contains(document.activeElement)) return;
  form.replaceChildren(
    ...FAULTS.map(([name, label, kind, choices]) => {
      const value = state.faults[name];
      let field;
      if (kind === "flag") field = el("input", { type: "checkbox", checked: value });
      else if (kind === "number") field = el("input", { type: "number", min: "0", step: "50", value });
      else {
        const options = choices ?? [...new Set([...RATES, value])].sort((a, b) => a - b).map((r) => [r, r ? `${Math.round(r * 100)} %` : "nunca"]);
        field = el("select", {}, ...options.map(([v, text]) => el("option", { value: v, selected: v === value }, text)));
      }
      field.dataset.testid = `fault-${name}`;
      field.onchange = () => {
        let wanted = field.value;
        if (kind === "flag") wanted = field.checked;
        else if (kind === "rate") wanted = Number(field.value);
        else if (kind === "number") wanted = Math.max(0, Math.round(Number(field.value) || 0));
        api("POST", "faults", { [name]: wanted }).then((faults) => { state.faults = faults; }, (error) => notice(error.message));
      };
      return el("label", {}, label, field);
    }),
  );
}
