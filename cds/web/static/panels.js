/* The address of a page says which of its panels are open: "open=reads.wire", and "shut=why" for what is usually open.
   The links and forms of the page say it too. Where no script runs, each panel has a link of its own that does. */
"use strict";
{
  const lists = ["open", "shut"];

  /** What this page's address says. */
  const said = () => Object.fromEntries(new URLSearchParams(location.search));

  /** The address, saying these words of the panels. */
  const saying = (address, words) => {
    const url = new URL(address, location.href);
    lists.forEach(list => url.searchParams.delete(list));
    lists.filter(list => words[list]).forEach(list => url.searchParams.append(list, words[list]));
    return url;
  };

  /** This page's address with the panel as it is now. */
  const told = panel => {
    const words = said(), usual = panel.dataset.panel === "open", list = usual ? "shut" : "open";
    const names = new Set((words[list] || "").split(".").filter(Boolean));
    if (panel.open === usual) names.delete(panel.id); else names.add(panel.id);
    return saying(location.href, {...words, [list]: [...names].sort().join(".")}).href;
  };

  /** Whether the address is one of this page, in another state, or of a part of it. */
  const ours = address => {
    const url = new URL(address, location.href);
    return url.origin === location.origin && `${url.pathname}/`.startsWith(`${location.pathname}/`);
  };

  /** The address, saying of the panels what this page's address says. */
  const carried = address => {
    const url = saying(address, said());
    return url.pathname + url.search + url.hash;
  };

  /** The form's hidden fields say it. */
  const fill = form => {
    lists.forEach(list => form.querySelectorAll(`[type=hidden][name=${list}]`).forEach(each => each.remove()));
    for (const list of lists.filter(each => said()[each])) {
      form.append(Object.assign(document.createElement("input"), {type: "hidden", name: list, value: said()[list]}));
    }
  };

  /** Whatever leads on from this page says it. */
  const carry = () => {
    for (const link of document.querySelectorAll("a[href]:not([href^='#'])")) {
      const address = link.getAttribute("href");
      if (ours(address)) link.setAttribute("href", carried(address));
    }
    for (const form of document.querySelectorAll("form[action]")) {
      const address = form.getAttribute("action");
      if (ours(address) && form.method === "get") fill(form);
      else if (ours(address)) form.setAttribute("action", carried(address));
    }
  };

  document.addEventListener("toggle", event => {
    if (!event.target.matches("details[data-panel]")) return;
    const address = told(event.target);
    if (address === location.href) return;
    history.replaceState(history.state, "", address);
    carry();
  }, true);

  document.addEventListener("htmx:configRequest", event => {
    const path = event.detail.path;
    if (path.includes("?") && ours(path)) event.detail.path = carried(path);
  });
}
