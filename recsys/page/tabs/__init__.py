"""List of the tabs of the page, in display order. A new tab is a module and an entry here."""

from __future__ import annotations

from recsys.page.tabs import activity, blend, data, for_you, models, newcomer, similar

TABS = (similar.TAB, newcomer.TAB, for_you.TAB, blend.TAB, models.TAB, data.TAB, activity.TAB)
