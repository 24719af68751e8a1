"""Reports as HTML: sections of charts, tables and figures for the tabs Models, Data and Activity."""
