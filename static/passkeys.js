// Passkeys need a script: what they need is hidden in the page, and shown by this file where the browser has them.
(function () {
  "use strict";
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  function toBytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (sign) { return sign.charCodeAt(0); });
  }

  function toText(buffer) {
    if (!buffer) return undefined;
    var signs = Array.from(new Uint8Array(buffer), function (byte) { return String.fromCharCode(byte); });
    return btoa(signs.join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function withBytes(keys) {
    return (keys || []).map(function (key) { return Object.assign({}, key, { id: toBytes(key.id) }); });
  }

  function forCreate(options) {
    options.challenge = toBytes(options.challenge);
    options.user.id = toBytes(options.user.id);
    options.excludeCredentials = withBytes(options.excludeCredentials);
    return options;
  }

  function forGet(options) {
    options.challenge = toBytes(options.challenge);
    options.allowCredentials = withBytes(options.allowCredentials);
    return options;
  }

  function told(credential) {
    var answer = { clientDataJSON: toText(credential.response.clientDataJSON) };
    ["attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (name) {
      if (credential.response[name]) answer[name] = toText(credential.response[name]);
    });
    return JSON.stringify({
      id: credential.id,
      rawId: toText(credential.rawId),
      type: credential.type,
      response: answer,
      clientExtensionResults: credential.getClientExtensionResults()
    });
  }

  async function optionsOf(form) {
    if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent);
    var answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  }

  async function sign(form) {
    var options = await optionsOf(form);
    if (form.dataset.passkey === "create") {
      return navigator.credentials.create({ publicKey: forCreate(options.creation_options.publicKey) });
    }
    return navigator.credentials.get({ publicKey: forGet(options.request_options.publicKey) });
  }

  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    var status = form.querySelector("[role=status]");
    form.addEventListener("submit", async function (event) {
      event.preventDefault();
      status.textContent = form.dataset.waiting;
      try {
        form.elements.credential.value = told(await sign(form));
        form.submit();
      } catch (error) {
        status.textContent = form.dataset.failed;
      }
    });
  });
  document.querySelectorAll("[data-with-passkeys]").forEach(function (part) { part.hidden = false; });
  document.querySelectorAll("[data-without-passkeys]").forEach(function (part) { part.hidden = true; });
})();
