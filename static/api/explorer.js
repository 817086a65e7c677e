// Starts Swagger UI on our own OpenAPI file. A file of its own, because the page's policy allows no inline script.
"use strict";

const explorer = document.getElementById("explorer");

// The file names the site's public address; the page's policy allows only the one it was opened at.
const stayHere = (request) => {
  const address = new URL(request.url, location.href);
  request.url = location.origin + address.pathname + address.search;
  return request;
};

// Swagger UI draws choices without a name, and boxes that scroll but that the keyboard cannot reach.
const lend = (element, name, value) => element.hasAttribute(name) || element.setAttribute(name, value);
const nameAndReach = () => {
  for (const select of explorer.querySelectorAll("select")) {
    lend(select, "aria-label", select.closest("tr")?.dataset.paramName ?? "Choice");
  }
  for (const box of explorer.querySelectorAll("pre")) {
    lend(box, "tabindex", "0");
  }
};
new MutationObserver(nameAndReach).observe(explorer, { childList: true, subtree: true });

SwaggerUIBundle({
  url: explorer.dataset.description,
  domNode: explorer,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  syntaxHighlight: false,
  requestInterceptor: stayHere,
});
