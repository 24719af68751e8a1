"""Parts shared by several tabs: cards, picker, details, header, account."""
