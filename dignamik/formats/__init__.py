"""How dates are written and read where Django itself writes them: see `foundation.french` for our own pages."""
