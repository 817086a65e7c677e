"""Who may do what, on every address of the site: the matrix, and proof that each check in it is needed."""
