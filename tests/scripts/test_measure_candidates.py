"""The models of scripts/measure_candidates.py: stretched to more or fewer items, their own items as before."""

from __future__ import annotations

import numpy as np
import pytest
from measure_candidates import stretched

from recsys import models


@pytest.mark.parametrize("name", ["als", "item_knn"])
@pytest.mark.parametrize("share", [0.5, 1.0, 2.6])
def test_a_stretched_model_gives_its_own_items_their_scores(tastes, name, share):
    model = models.create(name).fit(tastes)
    n_items = int(share * len(tastes.items))
    large = stretched(model, n_items)
    kept = min(n_items, len(tastes.items))
    assert large.items.ids[:kept].tolist() == tastes.items.ids[:kept].tolist() and len(large.items) == n_items
    own = set(large.items.ids[:kept].tolist())
    for user in tastes.users.ids[:10].tolist():
        history = {item: rating for item, rating in tastes.history(user).items() if item in own}
        expected = model.score(model.to_histories(history))[0][:kept]
        found = large.score(large.to_histories(history))[0]
        assert len(found) == n_items
        if name == "item_knn":  # `als` folds histories in with all items of the catalogue
            assert np.allclose(found[:kept], expected, atol=1e-5, equal_nan=True)
        else:
            assert (np.isnan(found[:kept]) == np.isnan(expected)).all()
