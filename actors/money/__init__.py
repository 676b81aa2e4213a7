"""Money's pure rules: how a payment is shared, given back, sold for and paid out."""
