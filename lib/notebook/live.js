(() => {
  // Tells the kernel whether cells of the same notebook wait behind this slider's, as their prompts say.
  const slider = document.getElementById("{{slider}}");
  const own = slider?.closest(".jp-CodeCell");
  const notebook = slider?.closest(".jp-Notebook");
  const prompt = cell => cell.querySelector(".jp-InputPrompt")?.textContent.trim();
  const running = cell => prompt(cell) === "[*]:";
  const report = () => {
    const gone = !slider?.isConnected || !globalThis.gonb_comm || (own && !running(own));
    if (gone) {
      clearInterval(timer);
      return;
    }
    const cells = notebook ? [...notebook.querySelectorAll(".jp-CodeCell")] : [];
    globalThis.gonb_comm.send("{{address}}", cells.filter(cell => cell !== own && running(cell)).length);
  };
  const timer = setInterval(report, 300);
  report();
})();
