"""Wallets: what one account buys, gives and cashes out."""
