// Only makes things easier: every page of the staff works without this file.
(function () {
  "use strict";

  var OFF = "staff-keys-off";
  var help = document.querySelector(".keys");
  var state = document.querySelector("[data-keys-state]");
  var button = document.querySelector("[data-keys-button]");

  function off() {
    try { return localStorage.getItem(OFF) === "1"; } catch (no) { return false; }
  }

  function remember(value) {
    try { localStorage.setItem(OFF, value ? "1" : "0"); } catch (no) { /* then for this page only */ }
  }

  function tell() {
    if (!help) return;
    help.classList.add("on");
    state.textContent = off() ? "Shortcuts are off." : "Shortcuts are on.";
    button.textContent = off() ? "Turn them on" : "Turn them off";
    button.hidden = false;
  }

  // Never while somebody types: one key alone must not do anything then (WCAG 2.1.4).
  function typing(target) {
    return target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
  }

  function go(selector) {
    var link = document.querySelector(selector);
    if (link) link.click();
  }

  function begin(selector) {
    var place = document.querySelector(selector);
    if (!place) return;
    if (place.tagName === "DETAILS") place.open = true;
    // Of a list of folds the first; of one form its first field.
    var field = (place.tagName === "SECTION" && place.querySelector("summary"))
      || place.querySelector("input:not([type=hidden]), select, textarea, button");
    if (field) field.focus();
  }

  document.addEventListener("keydown", function (event) {
    if (off() || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    if (event.key === "j") go("[data-key=next]");
    else if (event.key === "k") go("[data-key=before]");
    else if (event.key === "q") go("[data-key=queue]");
    else if (event.key === "t") go("[data-key=take]");
    else if (event.key === "d") begin("[data-key=decide]");
    else if (event.key === "c") begin("[data-key=call]");
    else if (event.key === "n") begin("[data-key=note]");
    else return;
    event.preventDefault();
  });

  if (button) button.addEventListener("click", function () { remember(!off()); tell(); });
  tell();

  // The public line follows the source as it is typed.
  document.querySelectorAll("[data-previews]").forEach(function (form) {
    var field = form.querySelector("[name$=-source]");
    var shown = form.querySelectorAll("[data-source]");
    if (field) field.addEventListener("input", function () {
      shown.forEach(function (place) { place.textContent = field.value; });
    });
  });
})();
