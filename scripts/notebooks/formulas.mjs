// Draws formulas: a JSON list of {latex, display} on standard input becomes a list of SVG on standard output.
import fs from "node:fs";
import { mathjax } from "mathjax-full/js/mathjax.js";
import { TeX } from "mathjax-full/js/input/tex.js";
import { SVG } from "mathjax-full/js/output/svg.js";
import { liteAdaptor } from "mathjax-full/js/adaptors/liteAdaptor.js";
import { RegisterHTMLHandler } from "mathjax-full/js/handlers/html.js";
import { AllPackages } from "mathjax-full/js/input/tex/AllPackages.js";

const adaptor = liteAdaptor();
RegisterHTMLHandler(adaptor);
const page = mathjax.document("", {
  InputJax: new TeX({ packages: AllPackages.filter(name => name !== "noerrors" && name !== "noundefined") }),
  OutputJax: new SVG({ fontCache: "none" }),
});
const drawn = JSON.parse(fs.readFileSync(0, "utf8")).map(({ latex, display }) => {
  const svg = adaptor.innerHTML(page.convert(latex, { display }));
  if (svg.includes("data-mjx-error")) throw new Error(`MathJax: ${/data-mjx-error="([^"]*)"/.exec(svg)[1]} in ${latex}`);
  // For readers who cannot see, and for search: the source.
  const label = latex.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
  return svg.replace("<svg ", `<svg aria-label="${label}" `);
});
process.stdout.write(JSON.stringify(drawn));
