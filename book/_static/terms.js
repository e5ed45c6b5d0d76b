/* Shows the definition of a term where a link to the glossary is pointed at or has the focus. */
(function () {
  const tips = {};
  let open = null, soon = 0;

  function hide() {
    if (open) open.hidden = true;
    open = null;
  }
  function later() {
    clearTimeout(soon);
    soon = setTimeout(hide, 250); // time to move onto the definition, which then stays
  }
  function show(link, tip) {
    clearTimeout(soon);
    hide();
    tip.hidden = false;
    open = tip;
    const at = link.getBoundingClientRect(), room = document.documentElement.clientWidth;
    const below = at.bottom + tip.offsetHeight + 14 < innerHeight || at.top < tip.offsetHeight + 14;
    tip.style.left = Math.max(8, Math.min(at.left, room - tip.offsetWidth - 8)) + scrollX + "px";
    tip.style.top = (below ? at.bottom + 6 : at.top - tip.offsetHeight - 6) + scrollY + "px";
  }

  document.querySelectorAll('.bd-article a[href*="glossary.html#term-"]').forEach(function (link) {
    const name = link.hash.slice(1), words = (window.tnTerms || {})[name];
    if (!words) return;
    if (!tips[name]) {
      const tip = tips[name] = document.createElement("div");
      Object.assign(tip, { id: "tip-" + name, className: "tn-tip", hidden: true, innerHTML: words });
      tip.setAttribute("role", "tooltip");
      tip.addEventListener("mouseenter", function () { clearTimeout(soon); });
      tip.addEventListener("mouseleave", later);
      document.body.append(tip);
    }
    link.setAttribute("aria-describedby", "tip-" + name);
    link.addEventListener("mouseenter", function () { show(link, tips[name]); });
    link.addEventListener("focus", function () { show(link, tips[name]); });
    link.addEventListener("mouseleave", later);
    link.addEventListener("blur", hide);
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") hide(); });
})();
