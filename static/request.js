// Only makes things easier on the pages of a request: each of them works without this file.
(function () {
  "use strict";

  // Copy the private link, and print. Without script the link stands there as plain text.
  var link = document.querySelector("[data-copy]");
  var place = document.querySelector("[data-copy-place]");
  function button(label, act) {
    var made = document.createElement("button");
    made.type = "button";
    made.className = "button quiet";
    made.textContent = label;
    made.addEventListener("click", function () { act(made); });
    place.appendChild(made);
  }
  if (link && place) {
    if (navigator.clipboard) button("Copy link", function (made) {
      navigator.clipboard.writeText(link.textContent).then(function () { made.textContent = "Link copied"; });
    });
    button("Print this page", function () { window.print(); });
  }

  // How many characters are left in a message.
  document.querySelectorAll("[data-count-for]").forEach(function (line) {
    var text = document.getElementById(line.dataset.countFor);
    if (!text) return;
    function count() {
      var left = line.dataset.limit - text.value.length;
      line.textContent = left < 0 ? -left + " characters too many." : left + " characters left.";
    }
    text.addEventListener("input", count);
    count();
  });

  // One press sends once. The server answers a second one with the same page anyway.
  document.querySelectorAll("form[data-send-once]").forEach(function (form) {
    form.addEventListener("submit", function (event) {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-send-once]").forEach(function (form) { delete form.dataset.sent; });
  });

  // Clear and leave: the private page gives up its place in the list that Back walks through.
  document.querySelectorAll("form[data-leave]").forEach(function (form) {
    form.addEventListener("submit", function (event) {
      if (!window.fetch) return;
      event.preventDefault();
      fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" })
        .finally(function () { location.replace(form.dataset.leave); });
    });
  });
})();
