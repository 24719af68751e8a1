// Items for several people, chosen one by one with proportional fairness, as recsys/serving/together.py does.
recsys.group = (() => {
  // Standard scores over the candidates.
  function standardised(scores, candidates) {
    let [sum, squares] = [0, 0];
    for (const number of candidates) sum += scores[number];
    const mean = sum / candidates.length;
    for (const number of candidates) squares += (scores[number] - mean) ** 2;
    const spread = Math.max(1e-9, Math.sqrt(squares / candidates.length));
    return candidates.map((number) => (scores[number] - mean) / spread);
  }

  // Numbers of n items, best first, and for each the place of the person whom it fits best.
  function chosen(scores, candidates, n) {
    if (!candidates.length) return [];
    const utility = scores.map((one) => standardised(one, candidates));
    const most = utility.map((one) => one.reduce((a, b) => Math.max(a, b), 1e-9));
    const satisfied = utility.map(() => 0);
    const left = new Set(candidates.keys());
    const found = [];
    while (found.length < n && left.size) {
      const shares = satisfied.map((value) => 1 / (1 + value));
      let [best, value] = [-1, Number.NEGATIVE_INFINITY];
      for (const place of left) {
        let gain = 0;
        for (let person = 0; person < utility.length; person += 1) gain += shares[person] * utility[person][place];
        if (gain > value) [best, value] = [place, gain];
      }
      left.delete(best);
      const fits = utility.map((one) => one[best]);
      found.push({ number: candidates[best], person: fits.indexOf(Math.max(...fits)) });
      for (const [person, fit] of fits.entries()) satisfied[person] += Math.max(fit, 0) / most[person];
    }
    return found;
  }

  return { chosen, standardised };
})();
