// Only makes things easier: every page works without this file.
(function () {
  "use strict";

  var summary = document.querySelector(".error-summary");
  if (summary) summary.focus();

  // "Use my location": rounded here to two decimals (about a mile), sent once, answered with a ZIP code.
  function nearMe(place) {
    var field = document.getElementById("id_near");
    var button = document.createElement("button");
    var status = document.createElement("span");
    button.type = "button";
    button.className = "link-button";
    button.textContent = place.dataset.label;
    status.setAttribute("role", "status");
    place.append(button, " ", status);

    button.addEventListener("click", function () {
      status.textContent = place.dataset.finding;
      navigator.geolocation.getCurrentPosition(send, fail, { timeout: 10000, maximumAge: 600000 });
    });

    function fail() {
      status.textContent = place.dataset.failed;
      field.focus();
    }

    function send(found) {
      var form = document.createElement("form");
      var modality = document.querySelector("select[name=modality]");
      form.method = "post";
      form.action = place.dataset.nearMe;
      add(form, "latitude", found.coords.latitude.toFixed(2));
      add(form, "longitude", found.coords.longitude.toFixed(2));
      if (modality && modality.value) add(form, "modality", modality.value);
      document.body.append(form);
      form.submit();
    }
  }

  function add(form, name, value) {
    var input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    form.append(input);
  }

  if ("geolocation" in navigator) document.querySelectorAll("[data-near-me]").forEach(nearMe);
})();
