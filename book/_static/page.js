/* What the theme leaves undone: paper, the way from a search to its place, where exercises run. */
(function () {
  const root = document.documentElement;

  // Paper is white, and shows what is folded, but for the checks.
  addEventListener("beforeprint", function () {
    root.dataset.onScreen = root.dataset.theme;
    root.dataset.theme = "light";
    document.querySelectorAll("details:not([open], .tag_check *)").forEach(function (box) {
      box.open = box.dataset.forPrint = true;
    });
  });
  addEventListener("afterprint", function () {
    root.dataset.theme = root.dataset.onScreen;
    document.querySelectorAll("details[data-for-print]").forEach(function (box) {
      box.open = false;
      delete box.dataset.forPrint;
    });
  });

  // The theme loads the search on every page, which keeps Sphinx from marking what was looked for.
  addEventListener("load", function () {
    if (location.pathname.endsWith("search.html") || typeof SphinxHighlight === "undefined") return;
    SphinxHighlight.highlightSearchWords();
    const mark = document.querySelector(".bd-article .highlighted");
    if (mark && !location.hash) mark.scrollIntoView({ block: "center" });
  });

  const exercises = document.querySelector(".bd-article section#exercises > h2");
  const colab = document.querySelector('a[href^="https://colab.research.google.com/"]');
  if (exercises && colab) {
    const link = Object.assign(document.createElement("a"), { href: colab.href });
    link.textContent = "Open this chapter on Colab";
    const line = document.createElement("p");
    line.append(link, ", or on your own machine, to try them: this page cannot run them.");
    exercises.after(line);
  }
})();
