// Scores of a history, with the same arithmetic as recsys/site/scoring.py. It uses no DOM, so that Node can test it.
recsys.scoring = (() => {
  // The arrays of the weights file: steps, counts, low and high bytes of the distances between columns, levels.
  function unpack(buffer, { items, weights }) {
    const steps = new Float32Array(buffer, 0, items);
    const counts = new Uint16Array(buffer, 4 * items, items);
    const bytes = 6 * items;
    const low = new Uint8Array(buffer, bytes, weights);
    const high = new Uint8Array(buffer, bytes + weights, weights);
    const levels = new Int8Array(buffer, bytes + 2 * weights, weights);
    const starts = new Uint32Array(items + 1);
    const columns = new Uint16Array(weights);
    for (let item = 0; item < items; item += 1) {
      const stop = starts[item] + counts[item];
      starts[item + 1] = stop;
      let column = 0;
      for (let place = starts[item]; place < stop; place += 1) {
        column += low[place] + 256 * high[place];
        columns[place] = column;
      }
    }
    return { steps, starts, columns, levels };
  }

  const length = (values) => {
    let total = 0;
    for (const value of values) total += value * value;
    return Math.sqrt(Math.max(total, 1e-12));
  };

  // The input of each rating of a history, oldest first. `recency` overrides the share of the recent part.
  function inputs(ratings, rule, recency = null) {
    let total = 0;
    for (const rating of ratings) total += rating;
    const mean = (total + rule.prior * rule.mean) / (ratings.length + rule.prior);
    const hinged = (z) => (rule.strength === 0 ? 1 : 1 + rule.strength * z - rule.slope * Math.max(0, rule.knee - z));
    const values = ratings.map((rating) => hinged(rule.sd > 0 ? (rating - mean) / rule.sd : 0));
    const share = recency ?? rule.recent_share;
    if (!rule.decay.length || recency === 0) return values;
    const last = values.length - 1;
    const recent = values.map((value, place) => value * (rule.decay[last - place] ?? 0));
    const [whole, late] = [length(values), length(recent)];
    return values.map((value, place) => (1 - share) * (value / whole) + share * (recent[place] / late));
  }

  // Scores of all items for a history: numbers of items and their inputs.
  function scores({ steps, starts, columns, levels }, numbers, values) {
    const found = new Float64Array(steps.length);
    numbers.forEach((number, place) => {
      const unit = values[place] * steps[number];
      for (let entry = starts[number]; entry < starts[number + 1]; entry += 1) {
        const level = levels[entry];
        found[columns[entry]] += unit * (level * Math.abs(level));
      }
    });
    return found;
  }

  // The weight from one item to another, 0 if it is not stored.
  function weight({ steps, starts, columns, levels }, from, to) {
    let low = starts[from];
    let high = starts[from + 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (columns[middle] < to) low = middle + 1;
      else high = middle;
    }
    if (low === starts[from + 1] || columns[low] !== to) return 0;
    return steps[from] * (levels[low] * Math.abs(levels[low]));
  }

  // Numbers of the n items with the highest scores that are allowed; the lower number wins a tie.
  function best(found, n, isAllowed) {
    const chosen = []; // sorted, best first
    for (let number = 0; number < found.length; number += 1) {
      if (chosen.length === n && found[number] <= found[chosen[n - 1]]) continue;
      if (!isAllowed(number)) continue;
      let place = chosen.length;
      while (place > 0 && found[chosen[place - 1]] < found[number]) place -= 1;
      chosen.splice(place, 0, number);
      if (chosen.length > n) chosen.pop();
    }
    return chosen;
  }

  return { unpack, inputs, scores, weight, best };
})();
