// Two minutes before a sign-in ends by itself, asks whether to stay. Every page works without this file.
(function () {
  "use strict";

  var dialog = document.getElementById("session-end");
  if (!dialog || !dialog.showModal) return;
  var WARN = 120;
  var ending = dialog.querySelector("[data-ending]");
  var ended = dialog.querySelector("[data-ended]");
  var last = document.title;
  var timer;

  function after(seconds, next) {
    clearTimeout(timer);
    timer = setTimeout(next, Math.max(seconds, 1) * 1000);
  }

  function ask(method, next) {
    fetch(dialog.dataset.keep, { method: method })
      .then(function (answer) { return answer.ok ? answer.json() : { seconds: 0 }; })
      .then(function (told) { next(told.seconds); })
      .catch(function () { after(15, look); });
  }

  // Another tab may have been in use meanwhile.
  function look() { ask("GET", show); }

  function show(seconds) {
    var over = seconds <= 0;
    if (seconds > WARN) {
      if (dialog.open) dialog.close();
      document.title = last;
      after(seconds - WARN, look);
      return;
    }
    ending.hidden = over;
    ended.hidden = !over;
    document.title = dialog.dataset.title;
    if (!dialog.open) dialog.showModal();
    if (!over) after(seconds, look);
  }

  dialog.addEventListener("cancel", function (event) { event.preventDefault(); });
  dialog.querySelector("[data-stay]").addEventListener("click", function () { ask("POST", show); });
  dialog.querySelector("[data-back]").addEventListener("click", look);
  // A phone that slept does not count the seconds.
  document.addEventListener("visibilitychange", function () { if (!document.hidden) look(); });
  after(Number(dialog.dataset.seconds) - WARN, look);
})();
