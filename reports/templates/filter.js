const rows = [...document.querySelectorAll("tbody tr")].map(row => [row, row.textContent.toLowerCase()]);
const [words, practice, tier, count] = ["words", "practice", "tier", "count"].map(id => document.getElementById(id));
function show() {
  const wanted = words.value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const [row, text] of rows) {
    const fits = (!practice.value || row.dataset.practice === practice.value) &&
      (!tier.value || row.dataset.tier === tier.value) && wanted.every(word => text.includes(word));
    row.hidden = !fits;
    shown += fits;
  }
  count.textContent = shown;
}
for (const input of [words, practice, tier]) input.addEventListener("input", show);
show();
