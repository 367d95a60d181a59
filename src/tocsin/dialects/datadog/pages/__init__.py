"""Pages made and handled by hand."""
